//! HTTP/1.1 as far as the tests need it: a request by hand, and a server that stands between the
//! program and an account.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// A signed one; nobody checks the signature, but its scope says region and service.
    pub fn signed(line: &str, service: &str, region: &str, more: &[&str], body: &str) -> Self {
        let scope = format!("AKIAIOSFODNN7EXAMPLE/20260101/{region}/{service}/aws4_request");
        let mut head = format!(
            "{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential={scope}, SignedHeaders=host, Signature=00\r\nContent-Length: {}\r\n",
            body.len()
        );
        more.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
        Self { head, body: body.as_bytes().to_vec() }
    }

    fn read(stream: &mut impl BufRead) -> io::Result<Self> {
        let mut head = String::new();
        while stream.read_line(&mut head)? > 2 {}
        let head = head.trim_end().to_owned() + "\r\n";
        let length = header(&head, "content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        Ok(Self { head, body })
    }

    /// The service, by the signature's scope.
    pub fn service(&self) -> &str {
        let scope = header(&self.head, "authorization").unwrap_or_default();
        scope.split('/').nth(3).unwrap_or_default()
    }

    /// The operation's name, where the protocol has one: `ListRoles`.
    pub fn operation(&self) -> &str {
        let target = header(&self.head, "x-amz-target").and_then(|target| target.split('.').nth(1));
        let body = std::str::from_utf8(&self.body).unwrap_or_default();
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
        target.or(action).unwrap_or_default()
    }

    /// Sends it, and gives the whole answer.
    pub fn send(&self, url: &str) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
        stream.write_all(self.head.as_bytes())?;
        stream.write_all(b"Connection: close\r\n\r\n")?;
        stream.write_all(&self.body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub fn answer(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: \
         close\r\n\r\n{body}",
        body.len()
    )
}

/// Stands between the program and an account, hears everything, and answers some of it itself.
pub struct Between {
    pub url: String,
    heard: Arc<Mutex<Vec<Request>>>,
}

impl Between {
    /// What `own` gives is the answer; where it gives nothing, the account's is.
    pub fn start(
        account: &str,
        own: impl Fn(&Request) -> Option<String> + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (account, ears) = (account.to_owned(), heard.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (account, ears, own) = (account.clone(), ears.clone(), own.clone());
                thread::spawn(move || pass(stream, &account, &own, &ears));
            }
        });
        Self { url, heard }
    }

    pub fn heard(&self) -> Vec<Request> {
        self.heard.lock().expect("nobody panics while listening").clone()
    }
}

fn pass(
    mut stream: TcpStream,
    account: &str,
    own: &impl Fn(&Request) -> Option<String>,
    ears: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    let request = Request::read(&mut BufReader::new(&mut stream))?;
    ears.lock().expect("nobody panics while listening").push(request.clone());
    let answer = match own(&request) {
        Some(answer) => answer.into_bytes(),
        None => request.send(account)?,
    };
    stream.write_all(&answer)
}
