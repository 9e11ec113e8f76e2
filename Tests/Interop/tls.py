"""TLS in front of a plain server: SDKs send `aws-chunked` bodies with trailing checksums over HTTPS only, and sites are served so."""

import socket
import socketserver
import ssl
import threading

import trustme


class TLSFront:
    """Hands each connection's bytes on as they are, so that Host headers and signatures stay as the client made them."""

    def __init__(self, port, folder, names=("127.0.0.1",)):
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    client = context.wrap_socket(self.request, server_side=True)
                except OSError:
                    return
                with client, socket.create_connection(("127.0.0.1", port), timeout=60) as server:
                    answers = threading.Thread(target=pump, args=(server, client), daemon=True)
                    answers.start()
                    pump(client, server)
                    answers.join(60)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
