//! What templates cannot do with a value that exists only in the cluster.

use super::Tokens;
use crate::chart::functions::{Func, Secrets};
use crate::chart::template::{Fault, Value};

/// How deep lists and maps are searched for tokens.
pub(crate) const DEEP: usize = 32;

/// The error of a function that would look into a generated value.
pub(crate) fn refusal(function: &str) -> Fault {
    format!("a generated value cannot be passed to {function}: it is made in the cluster, and unknown here").into()
}

/// The error of a call whose arguments hold generated values that the function would look into.
pub(crate) fn refused(func: &Func, args: &[Value], tokens: &Tokens) -> Option<Fault> {
    if tokens.is_empty() {
        return None;
    }
    let deep = match func.secrets {
        Secrets::Pass => return None,
        Secrets::Refuse => 0,
        Secrets::RefuseDeep => DEEP,
    };
    args.iter().any(|arg| tokens.are_in_value(arg, deep)).then(|| refusal(func.name))
}

/// `printf` may put a generated value anywhere as it is, but neither count, cut, pad nor encode it.
pub(crate) fn check_format(format: &[u8], args: &[Value], tokens: &Tokens) -> Result<(), Fault> {
    if tokens.is_empty() || !args.iter().any(|arg| tokens.are_in_value(arg, DEEP)) {
        return if tokens.are_in(format) { Err(refusal("the format of printf")) } else { Ok(()) };
    }
    let mut bytes = format.iter().copied().skip_while(|b| *b != b'%');
    while bytes.next().is_some() {
        let verb = bytes.next();
        if !matches!(verb, Some(b's' | b'v' | b'q' | b'd' | b't' | b'%')) {
            let shown = String::from_utf8_lossy(format).into_owned();
            return Err(
                format!("a generated value cannot be formatted by {shown:?}: only by plain %s, %v and %q").into()
            );
        }
        while bytes.clone().next().is_some_and(|b| b != b'%') {
            bytes.next();
        }
    }
    Ok(())
}
