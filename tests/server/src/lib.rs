//! What the stand-ins of services share: an https listener, requests as handlers read them, replies
//! as they give them, and faults that spoil these.
//!
//! A stand-in is a [`Service`]; a [`Listener`] calls it, on threads of its own, for every request.

mod connection;
mod faults;
mod http;
mod listener;
mod outcome;
mod tls;

pub use connection::ReplyBody;
pub use faults::{Answer, BadFault, Fault, Faults, Times};
pub use http::{Reply, Request};
pub use listener::{Bound, Listener, Service, StartError};
pub use outcome::{Outcome, Spoil, spoil};
pub use tls::{Tls, TlsError, client, client_as};
