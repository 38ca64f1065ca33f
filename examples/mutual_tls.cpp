// Lets in who shows a certificate of our authority, and reads its own again when it was renewed:
// mutual_tls CERTIFICATE KEY AUTHORITY
#include <iostream>
#include <parlance/net.hpp>
#include <parlance/net/reloading_tls_context.hpp>
using namespace parlance;

io::task<> greet(net::stream caller, std::shared_ptr<net::tls_context> context) {
  caller = co_await net::tls_accept(std::move(caller), context);
  co_await caller.send("welcome, " + caller.tls()->peer()->common_name + "\n");
  co_await caller.close();
}

io::task<> serve(net::tls_server_options options) {
  net::reloading_tls_context certificates(options);
  auto listener = co_await net::listen(":8000");
  io::scope callers{io::log_errors};
  for (;;) {
    auto caller = co_await listener.accept();
    try {
      if (certificates.changed()) certificates.reload();
    } catch (const io::error& e) {
      std::cerr << e.what() << ": going on with the old one" << std::endl;
    }
    callers.spawn(greet(std::move(caller), certificates.current()));
  }
}

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: mutual_tls CERTIFICATE KEY AUTHORITY\n", 2;
  io::wait(serve({.certificates = {{.cert_file = argv[1], .key_file = argv[2]}},
                  .client_certificates = net::client_certificate::required,
                  .ca_file = argv[3]}));
} catch (const io::error& e) {
  return std::cerr << e.what() << '\n', 1;
}
