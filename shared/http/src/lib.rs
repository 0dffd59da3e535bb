//! What the HTTP adapters of kubectl-vwi share: sending a request, how it fails, and asking again.
//!
//! An adapter says what its service's answers mean; here is what is the same for all of them.

mod patience;
mod repeat;
mod transport;

pub use patience::{GaveUp, Patience};
pub use repeat::{Failed, repeat};
pub use transport::{Answer, failure, is_tls, send};
