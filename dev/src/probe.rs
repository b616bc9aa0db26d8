//! Asks a service whether it is ready, with nothing but a socket.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// The status of `GET path`, or `None` when nobody answers.
pub fn http_status(port: u16, path: &str) -> Option<u16> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    let mut stream = connect(port)?;
    stream.write_all(request.as_bytes()).ok()?;
    // To the end: a server that is left in the middle of its answer logs it as a fault.
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}

/// Whether a Kafka broker answers ApiVersions (key 18, version 0). An open port says too little: it is open before
/// requests are taken.
pub fn kafka_answers(port: u16) -> bool {
    const REQUEST: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff];
    let ask = || {
        let mut stream = connect(port)?;
        stream.write_all(&REQUEST).ok()?;
        let mut head = [0; 10];
        stream.read_exact(&mut head).ok()?;
        // Length, the correlation id we sent, error code 0.
        Some(head[4..8] == [0, 0, 0, 1] && head[8..10] == [0, 0])
    };
    ask().unwrap_or(false)
}

fn connect(port: u16) -> Option<TcpStream> {
    let limit = Duration::from_secs(2);
    let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), limit).ok()?;
    stream.set_read_timeout(Some(limit)).ok()?;
    stream.set_write_timeout(Some(limit)).ok()?;
    Some(stream)
}
