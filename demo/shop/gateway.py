"""The bank's payment service. The bank is the other end of a socket pair; the waiting is real."""

import socket


def charge(order, answer_after):
    """Asks the bank to take the money. `answer_after` is in seconds, None for a bank that never answers."""
    ours, bank = socket.socketpair()
    with ours, bank:
        ours.sendall(f"CHARGE {order}\n".encode())
        if answer_after is not None:
            ours.settimeout(max(answer_after, 0.001))
        return read_receipt(ours)


def read_receipt(connection):
    """Waits for the bank's answer."""
    try:
        reply = connection.recv(1024)
    except socket.timeout:
        return "charged"
    return reply.decode()
