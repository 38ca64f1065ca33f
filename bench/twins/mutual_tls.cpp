// Lets in who shows a certificate of our authority, and reads its own again when it was renewed:
// mutual_tls CERTIFICATE KEY AUTHORITY
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/ssl.hpp>
#include <filesystem>
#include <iostream>
using namespace asio::experimental::awaitable_operators;
using asio::awaitable, asio::use_awaitable, asio::ip::tcp;
constexpr auto as_tuple = asio::experimental::as_tuple(use_awaitable);

/// Certificate, key and authority.
using files = std::array<std::string, 3>;

std::shared_ptr<asio::ssl::context> read(const files& from) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->use_certificate_chain_file(from[0]);
  context->use_private_key_file(from[1], asio::ssl::context::pem);
  context->load_verify_file(from[2]);
  context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  return context;
}

auto times_of(const files& all) {
  std::array<std::filesystem::file_time_type, 3> times;
  std::error_code missing;
  for (std::size_t i = 0; i != all.size(); ++i) times[i] = std::filesystem::last_write_time(all[i], missing);
  return times;
}

std::string common_name(SSL* session) {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(session), X509_free);
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
  return name;
}

awaitable<void> greet(tcp::socket socket, std::shared_ptr<asio::ssl::context> context) {
  try {
    asio::ssl::stream<tcp::socket> caller(std::move(socket), *context);
    asio::steady_timer limit(caller.get_executor(), std::chrono::seconds(15));
    const auto done = co_await (caller.async_handshake(asio::ssl::stream_base::server, as_tuple) ||
                                limit.async_wait(as_tuple));
    asio::detail::throw_error(done.index() == 1 ? asio::error::timed_out : get<0>(get<0>(done)), "handshake");
    const auto welcome = "welcome, " + common_name(caller.native_handle()) + "\n";
    co_await asio::async_write(caller, asio::buffer(welcome), use_awaitable);
    limit.expires_after(std::chrono::seconds(2));
    co_await (caller.async_shutdown(as_tuple) || limit.async_wait(as_tuple));
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
  }
}

awaitable<void> serve(files from) {
  auto context = read(from);
  auto times = times_of(from);
  tcp::acceptor listener(co_await asio::this_coro::executor, {tcp::v6(), 8000});
  for (;;) {
    auto caller = co_await listener.async_accept(use_awaitable);
    try {
      if (std::exchange(times, times_of(from)) != times) context = read(from);
    } catch (const std::exception& e) {
      std::cerr << e.what() << ": going on with the old one" << std::endl;
    }
    asio::co_spawn(listener.get_executor(), greet(std::move(caller), context), asio::detached);
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: mutual_tls CERTIFICATE KEY AUTHORITY\n", 2;
  asio::io_context context(1);
  asio::co_spawn(context, serve({argv[1], argv[2], argv[3]}), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  context.run();
}
