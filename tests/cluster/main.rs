//! The suite on a real API server.
