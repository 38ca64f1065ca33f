// A caller who speaks HTTP: one request is answered, and the connection ends, or becomes a WebSocket in which
// IRC is spoken.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/protocol_handler.hpp>
#include <parlance/http/head_parser.hpp>
#include <parlance/http/message.hpp>
#include <parlance/http/protocol_error.hpp>

namespace parlance::chat {

/// Where a request is asked. It outlives those who ask.
class http_site {
 public:
  /// Settles for whom it is asked, where a proxy tells (settings::proxies_group): `from` is changed then.
  /// Gives why that one may not ask; nothing: it may.
  virtual std::optional<http::protocol_error> settle_caller(const http::request_head& asked,
                                                            caller& from) = 0;
  /// See called_host.hpp.
  virtual bool is_out_of_reach() const = 0;
  /// The whole response to a request, after which the connection ends.
  virtual std::string page(const http::request_head& asked) = 0;

 protected:
  ~http_site() = default;
};

class http_handler final : public protocol_handler {
 public:
  http_handler(hub& chat, connection& by, caller from, http_site& at);

  void feed(std::string_view bytes) override { input_ = bytes; }
  bool next() override;
  double cost() override { return 0; }
  /// What is left of the time for a whole request, however slowly it comes.
  io::duration patience() override;
  void pause() override;
  void end(std::string_view) override { answered_ = true; }
  const caller& from() const override { return from_; }
  client* window() override { return nullptr; }
  std::unique_ptr<protocol_handler> successor() override { return std::move(successor_); }

 private:
  void answer(const http::request_head& head);
  void answer_error(const http::protocol_error& what);
  void send(std::string_view response);

  hub& hub_;
  connection& connection_;
  caller from_;
  http_site& site_;
  http::request_parser parser_;
  std::string_view input_;
  std::unique_ptr<protocol_handler> successor_;
  const io::time_point deadline_;
  bool answered_ = false;
};

}  // namespace parlance::chat
