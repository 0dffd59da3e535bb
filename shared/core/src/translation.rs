//! Judgement of translate: facts in, which vCluster and which host name out.

pub mod context_name;
