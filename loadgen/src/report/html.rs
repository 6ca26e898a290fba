//! The report as a page that needs nothing else: the plot and the tables.

use super::Report;
use crate::error::Result;

const STYLE: &str = "body { font-family: sans-serif; margin: 2em auto; max-width: 60em } pre { overflow-x: auto; \
    background: #f4f4f4; padding: 1em } svg { max-width: 100%; height: auto }";

impl Report {
    /// The report as an HTML page.
    ///
    /// # Errors
    /// No call succeeded.
    pub fn html(&self) -> Result<String> {
        let (svg, table) = (self.svg()?, escaped(&self.to_string()));
        Ok(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>hsm-sim bench</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<h1>hsm-sim bench</h1>\n{svg}\n<pre>{table}</pre>\n</body>\n</html>\n"
        ))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
