//! Times and zones under verbs that do not take their text: Go shows what it keeps of them.

use super::error::Fault;
use super::format::{ADDRESS, Printer};
use super::map::{List, ListKind};
use super::object::{Field, Object, Record};
use super::time::{FIELDS, Time, Zone};
use super::value::{IntKind, Value};
use std::rc::Rc;

impl Printer<'_> {
    /// The part of the second, the seconds since the year 1, and the zone's place in memory.
    pub(super) fn time(&mut self, time: &Time, verb: char, depth: usize) -> Result<(), Fault> {
        self.opened("time.Time{");
        self.name("wall");
        self.plain(&Value::Int(time.nanos().into(), IntKind::Uint64), verb, depth + 1)?;
        self.separator(1);
        self.name("ext");
        self.plain(&Value::int64(time.seconds()), verb, depth + 1)?;
        self.separator(2);
        self.name("loc");
        let is_nil = matches!(time.zone(), Zone::Utc);
        if !self.place("*time.Location", is_nil, verb) {
            self.wrong("*time.Location", verb, |printer| match time.zone() {
                Zone::Utc => {
                    printer.pad(b"<nil>");
                    Ok(())
                }
                zone => printer.zone(zone, 'v', 0),
            })?;
        }
        self.out.push(b'}');
        Ok(())
    }

    pub(super) fn zone(&mut self, zone: &Zone, verb: char, depth: usize) -> Result<(), Fault> {
        self.out.push(b'&');
        self.opened("time.Location{");
        let name = Value::from(zone.name());
        let offset = zone.fixed_offset();
        let (from, to) = offset.map_or((0, 0), |_| (i64::MIN, i64::MAX));
        let list = |kind: &'static str, item: Option<Value>| {
            let kind = ListKind::Named(kind);
            Value::List(item.map_or_else(|| List::nil(kind), |item| List::new(kind, vec![item])))
        };
        let own = offset.map(|offset| own_zone(&name, offset));
        let change = offset.map(|_| {
            let index = Value::Int(0, IntKind::Uint8);
            let fields =
                [("when", Value::int64(from)), ("index", index), ("isstd", false.into()), ("isutc", false.into())];
            record("time.zoneTrans", fields.into())
        });
        let values = [
            name.clone(),
            list("[]time.zone", own.clone()),
            list("[]time.zoneTrans", change),
            Value::from(""),
            Value::int64(from),
            Value::int64(to),
        ];
        for (i, (value, field)) in values.iter().zip(FIELDS).enumerate() {
            self.separator(i);
            self.name(field);
            self.plain(value, verb, depth + 1)?;
        }
        self.separator(FIELDS.len());
        self.name("cacheZone");
        if !self.place("*time.zone", own.is_none(), verb) {
            self.wrong("*time.zone", verb, |printer| match own {
                None => {
                    printer.pad(b"<nil>");
                    Ok(())
                }
                Some(own) => {
                    printer.out.push(b'&');
                    printer.plain(&own, 'v', 0)
                }
            })?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn opened(&mut self, with_type: &str) {
        let text = if self.spec.sharp_v { with_type } else { "{" };
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A pointer within a struct; false for a verb that pointers do not have.
    fn place(&mut self, type_name: &str, is_nil: bool, verb: char) -> bool {
        let address = if is_nil { 0 } else { ADDRESS };
        match verb {
            'v' if self.spec.sharp_v => {
                self.out.extend_from_slice(format!("({type_name})(").as_bytes());
                if is_nil {
                    self.out.extend_from_slice(b"nil");
                } else {
                    self.prefixed_hex(address, true);
                }
                self.out.push(b')');
            }
            'v' if is_nil => self.pad(b"<nil>"),
            'v' | 'p' => self.prefixed_hex(address, !self.spec.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => {
                self.integer((address, false), verb, true);
            }
            _ => return false,
        }
        true
    }

    /// `%!verb(type=value)`.
    fn wrong(
        &mut self,
        type_name: &str,
        verb: char,
        value: impl FnOnce(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.out.extend_from_slice(format!("%!{verb}({type_name}=").as_bytes());
        let outer = std::mem::replace(&mut self.erroring, true);
        value(self)?;
        self.erroring = outer;
        self.out.push(b')');
        Ok(())
    }
}

fn own_zone(name: &Value, offset: i32) -> Value {
    record("time.zone", vec![("name", name.clone()), ("offset", Value::int(offset.into())), ("isDST", false.into())])
}

fn record(type_name: &'static str, fields: Vec<(&'static str, Value)>) -> Value {
    let field = |(name, value)| Field { name, json: "", omit_empty: false, value };
    let fields = fields.into_iter().map(field).collect();
    Value::Object(Object::Record(Rc::new(Record { type_name, fields, methods: &[], text: None, text_is_json: false })))
}
