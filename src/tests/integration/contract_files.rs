//! contract_files
