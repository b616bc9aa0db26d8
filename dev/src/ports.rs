//! Which ports the services listen on, and what is said when one is taken.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result, bail};
use rand::Rng;

/// The ports of a stack, all on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackPorts {
    pub postgres: u16,
    pub kafka: u16,
    pub kafka_controller: u16,
    pub s3: u16,
}

impl Default for StackPorts {
    /// The ports of `make run`.
    fn default() -> Self {
        Self { postgres: 54320, kafka: 19092, kafka_controller: 19093, s3: 17070 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// These, or an error that names the one that is taken.
    Fixed(StackPorts),
    /// Any that are free now.
    Free,
}

impl Ports {
    pub fn resolve(self) -> Result<StackPorts> {
        match self {
            Self::Fixed(ports) => Ok(ports),
            Self::Free => {
                let [postgres, kafka, kafka_controller, s3] = free()?;
                Ok(StackPorts { postgres, kafka, kafka_controller, s3 })
            }
        }
    }
}

/// `N` different ports nobody listens on. They lie below the range the kernel takes the ports of outgoing connections
/// from: a service that is stopped and started again in a test finds its own still free.
pub fn free<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut random = rand::rng();
    for _ in 0..1000 {
        let port = random.random_range(20_000..32_000);
        if let Ok(listener) = listen(port) {
            held.push((port, listener));
        }
        if held.len() == N {
            let ports: Vec<u16> = held.iter().map(|(port, _)| *port).collect();
            return ports.try_into().ok().context("as many ports as were asked for");
        }
    }
    bail!("no free ports between 20000 and 32000")
}

/// Fails with a message for people when somebody listens on `port` already.
pub fn require_free(port: u16, what: &str, variable: &str) -> Result<()> {
    if listen(port).is_err() {
        bail!("{}", taken_message(port, what, variable));
    }
    Ok(())
}

pub fn taken_message(port: u16, what: &str, variable: &str) -> String {
    format!(
        "port {port} on 127.0.0.1, which {what} needs, is taken by another program.\n\
         End that program, or choose another port for {what}: {variable}=<port> make run"
    )
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_the_variable_that_chooses_another() {
        let [port] = free().expect("a port");
        let _taken = listen(port).expect("free");
        let message = require_free(port, "PostgreSQL", "KINORA_POSTGRES_PORT").expect_err("taken").to_string();
        assert!(message.contains(&port.to_string()), "{message}");
        assert!(message.contains("PostgreSQL") && message.contains("KINORA_POSTGRES_PORT="), "{message}");
    }

    #[test]
    fn free_ports_differ() {
        let ports: [u16; 8] = free().expect("eight ports");
        let mut sorted = ports.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 8);
    }
}
