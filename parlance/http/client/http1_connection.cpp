#include <utility>

#include <parlance/http/client/http1_connection.hpp>
#include <parlance/http/client/http1_stream.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::http {

http1_connection::http1_connection(net::stream over) : stream_(std::move(over)) {}

std::unique_ptr<request_stream> http1_connection::begin(outgoing what) {
  available_ = false;
  // It goes on for as long as the exchange does, whatever becomes of the wait in which it began.
  const io::context::enter apart(io::loop::current().root());
  return std::make_unique<http1_stream>(*this, std::move(what));
}

io::task<void> http1_connection::until_unfit() {
  try {
    stream_.set_recv_timeout(io::unlimited);
    co_await stream_.peek();
  } catch (const io::error& e) {
    if (e.code() == io::errc::cancelled && io::context::current().cancelled()) throw;
  }
  // An end, a failure, or an answer before its question.
  available_ = false;
}

}  // namespace parlance::http
