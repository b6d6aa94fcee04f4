//! The program's own log, on stderr; the SDK's only where something is wrong.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;

use crate::report::visible;
use crate::scrub;

/// Starts it, if it was asked for.
pub fn start(verbose: u8) {
    let filter = match verbose {
        0 => return,
        1 => "warn,dismantle=debug",
        _ => "warn,dismantle=trace",
    };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(|| Clean(io::stderr()))
        .with_env_filter(EnvFilter::new(filter))
        .with_ansi(false)
        .without_time();
    // A second start, in a test, changes nothing.
    let _ = subscriber.try_init();
}

/// Takes whole events, as tracing writes them, and makes each a line that anybody may read:
/// libraries log other people's words, and the user's own addresses.
struct Clean<W>(W);

impl<W: Write> Write for Clean<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = scrub::text(text.trim_end_matches('\n'));
        // One write a line, so that lines of other programs do not come between.
        self.0.write_all(format!("{}\n", visible(&text)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_without_secrets_and_acts_on_nobody() {
        let mut seen = Vec::new();
        let event = b" WARN sdk: \x1b[2J\xe2\x80\xaegnp\nerror: all is well \
                      uri=http://me:pw@h/?X-Amz-Signature=ab12\n";
        Clean(&mut seen).write_all(event).unwrap();
        let expected = " WARN sdk: \\u{1b}[2J\\u{202e}gnp\\nerror: all is well \
                        uri=http://(left out)@h/?X-Amz-Signature=(left out)\n";
        assert_eq!(String::from_utf8(seen).unwrap(), expected);
    }
}
