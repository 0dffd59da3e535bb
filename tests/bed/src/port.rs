//! Ports on the loopback interface that nobody else can take.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use socket2::{Domain, Protocol, Socket, Type};

use crate::error::{BedError, Doing};

/// A port of `127.0.0.1` that is kept for one server of the bed.
///
/// The socket is bound with `SO_REUSEPORT` and never listens: the kernel gives the port to no other
/// user and to no outgoing connection, while a server of ours that sets the option too
/// (`--permit-port-sharing`, `--socket-reuse-port`) can bind it, and alone receives connections.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _held: Socket,
}

impl Port {
    /// Takes a free port, until it is dropped.
    ///
    /// # Errors
    ///
    /// When the system has no port left.
    pub(crate) fn reserve() -> Result<Self, BedError> {
        let bind = || -> std::io::Result<(u16, Socket)> {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
            socket.set_reuse_port(true)?;
            socket.bind(&SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).into())?;
            let address = socket.local_addr()?.as_socket_ipv4();
            let address = address.ok_or_else(|| std::io::Error::other("not an IPv4 address"))?;
            Ok((address.port(), socket))
        };
        let (number, held) = bind().doing(|| "cannot take a port of `127.0.0.1`".to_owned())?;
        Ok(Self {
            number,
            _held: held,
        })
    }

    /// The number of the port.
    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
