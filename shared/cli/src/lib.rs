//! Command-line parts of kubectl-vwi: flags, streams, messages, exit statuses.
