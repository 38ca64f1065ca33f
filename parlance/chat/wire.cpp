#include <parlance/chat/wire.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

using remote = std::unique_ptr<net::remote_stream>;

std::vector<std::string_view> pieces_of(const std::vector<outgoing>& batches) {
  std::vector<std::string_view> all;
  for (const outgoing& batch : batches)
    for (const piece& p : batch.pieces()) all.push_back(p.view());
  return all;
}

auto& get(auto& s) {
  if constexpr (requires { *s; })
    return *s;
  else
    return s;
}

}  // namespace

wire::wire(net::stream caller, io::loop_thread* where) : stream_(std::move(caller)) {
  if (where)
    stream_ = std::make_unique<net::remote_stream>(std::get<net::stream>(std::move(stream_)), *where);
}

wire::recv_awaiter wire::recv() {
  if (auto* const there = std::get_if<remote>(&stream_)) return recv_awaiter((*there)->recv());
  return recv_awaiter(std::get<net::stream>(stream_).recv());
}

wire::recv_awaiter wire::peek() {
  if (auto* const there = std::get_if<remote>(&stream_)) return recv_awaiter((*there)->peek());
  return recv_awaiter(std::get<net::stream>(stream_).peek());
}

wire::send_awaiter wire::send(std::vector<outgoing> batches) { return {*this, std::move(batches)}; }

wire::send_awaiter::send_awaiter(wire& to, std::vector<outgoing> all) {
  if (auto* const there = std::get_if<remote>(&to.stream_)) {
    const auto kept = std::make_shared<const std::vector<outgoing>>(std::move(all));
    there_.emplace((*there)->send(pieces_of(*kept), kept));
  } else {
    batches = std::move(all);
    pieces = pieces_of(batches);
    here_.emplace(std::get<net::stream>(to.stream_).send(pieces));
  }
}

io::task<std::string> wire::start_tls(std::shared_ptr<net::tls_context> with) {
  std::string fingerprint;
  if (auto* const there = std::get_if<remote>(&stream_)) {
    fingerprint = co_await (*there)->start_tls(std::move(with));
  } else {
    auto& here = std::get<net::stream>(stream_);
    here = co_await net::tls_accept(std::move(here), std::move(with));
    fingerprint = here.tls()->peer_fingerprint();
  }
  is_secure_ = true;
  co_return fingerprint;
}

io::task<void> wire::shutdown() {
  return std::visit([](auto& s) { return get(s).shutdown(); }, stream_);
}

io::task<void> wire::close() {
  return std::visit([](auto& s) { return get(s).close(); }, stream_);
}

void wire::abort() noexcept {
  std::visit([](auto& s) { get(s).abort(); }, stream_);
}

bool wire::is_open() const noexcept {
  return std::visit([](const auto& s) { return get(s).is_open(); }, stream_);
}

io::endpoint wire::local() const {
  return std::visit([](const auto& s) { return get(s).local(); }, stream_);
}

std::optional<tcp_info> wire::info() const {
  return std::visit([](const auto& s) { return get(s).info(); }, stream_);
}

}  // namespace parlance::chat
