//! stub
pub enum Readiness {
    Ready,
    Waiting(String),
    Failed(String),
}
pub fn readiness(_: &serde_json::Value) -> Readiness {
    Readiness::Ready
}
