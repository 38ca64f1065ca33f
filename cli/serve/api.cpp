#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/version.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/web/shown_token.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/server/event_writer.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

#include <cli/serve/api.hpp>
#include <cli/serve/operator_console.hpp>
#include <cli/serve/operator_json.hpp>

namespace parlance::cli {
namespace {

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;

constexpr std::uint64_t most_bytes = std::uint64_t{64} << 10U;
/// Who listen, of all tokens and of one, and what waits for each.
constexpr std::size_t most_listeners = 64, most_of_one = 8, most_waiting = 1000;
/// A line that says nothing goes so often, for proxies.
constexpr io::duration silence = 15s;

json json_of(const sample& one) {
  return {{"time", one.time},
          {"people", one.people},
          {"connections", one.connections},
          {"rooms", one.rooms},
          {"messages_per_second", one.messages_per_second},
          {"deliveries_per_second", one.deliveries_per_second},
          {"loop_lag_seconds", one.loop_lag},
          {"resident_bytes", one.resident_bytes}};
}

/// The token of Authorization: Bearer (RFC 6750, section 2.1); empty: there is none.
std::string_view bearer_of(const http::server_request& asked) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view given = asked.fields().get("Authorization").value_or("");
  if (given.size() <= scheme.size() || !http::equals_ignoring_case(given.substr(0, scheme.size()), scheme))
    return {};
  return given.substr(given.find_first_not_of(' ', scheme.size() - 1));
}

/// Where it cannot be told, the next that is sent fails.
io::task<void> client_is_gone(http::server_request& asked) {
  try {
    co_return co_await asked.gone();
  } catch (const io::error& e) {
    if (e.code() != std::errc::operation_not_supported) throw;
  }
  io::event never;
  co_await never;
}

[[noreturn]] void refuse_method(const char* allowed) {
  throw http::refusal(405, fmt::format("that is asked for with {}", allowed), {{"Allow", allowed}});
}

}  // namespace

operator_api::operator_api(chat::server& server, std::function<void()> end)
    : server_(server), end_(std::move(end)), samples_(server) {
  server_.on_api = [this](chat::caller from, bool is_private, http::server_request& asked,
                          http::server_response& response) {
    return answer(std::move(from), is_private, asked, response);
  };
  server_.on_api_token_ended = [this](std::string_view name) {
    listeners_.for_each([&](listener& one) {
      if (chat::same_name(one.by, name)) one.is_put_out.set();
    });
  };
}

void operator_api::listener::add(std::string_view kind, std::string data) {
  if (waiting.size() >= most_waiting) return;  // who takes too little misses some
  waiting.emplace_back(kind, std::move(data));
  queued.set();
}

void operator_api::told(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  listeners_.for_each([&](listener& one) { one.add("log", std::string(line)); });
}

chat::api_token operator_api::prove(const chat::caller& from, const http::server_request& asked) {
  const auto refuse = [](const char* why) {
    throw http::refusal(401, why, {{"WWW-Authenticate", "Bearer realm=\"parlance\""}});
  };
  const std::string_view given = bearer_of(asked);
  if (given.empty()) refuse("say who you are by a token: Authorization: Bearer");
  chat::expect_may_show_token(server_.chat(), from);
  std::optional<chat::api_token> its = chat::find_api_token(server_.chat().kept(), given);
  if (!its) {
    chat::token_was_wrong(server_.chat(), from, "wrong token of the API");
    refuse("that token is not good, or not any more");
  }
  return *std::move(its);
}

io::task<void> operator_api::answer(chat::caller from, bool is_private, http::server_request& asked,
                                    http::server_response& response) {
  response.fields().append("Cache-Control", "no-store");
  response.fields().append("X-Content-Type-Options", "nosniff");
  if (!server_.configured().api.enabled) throw http::refusal(404, "there is no API here");
  if (!is_private) throw http::refusal(403, "the API is asked by https, or on the server's machine");
  try {
    const chat::api_token by = prove(from, asked);
    const bool reads = asked.method() == "GET";
    if (asked.path() == "/api/v1/command") {
      if (asked.method() != "POST") refuse_method("POST");
      co_await obey(by, from, asked, response);
    } else if (asked.path() == "/api/v1/status") {
      if (!reads) refuse_method("GET");
      co_await response.json(status());
    } else if (asked.path() == "/api/v1/samples") {
      if (!reads) refuse_method("GET");
      co_await response.json(history());
    } else if (asked.path() == "/api/v1/events") {
      if (!reads) refuse_method("GET");
      co_await tell_events(by, asked, response);
    } else {
      throw http::refusal(404, "there are /api/v1/command, status, samples and events");
    }
  } catch (const chat::store_error&) {
    server_.chat().count.store_errors.add();
    throw http::refusal(503, "the server cannot look that up now; try again later");
  }
}

io::task<void> operator_api::obey(const chat::api_token& by, const chat::caller& from,
                                  http::server_request& asked, http::server_response& response) {
  asked.limit_body(most_bytes);
  const std::string body = co_await asked.read_json();
  // It may have taken long to come.
  static_cast<void>(prove(from, asked));
  const json given = json::parse(body, nullptr, false);
  if (!given.is_object() || !given.contains("command") || !given["command"].is_string())
    throw http::refusal(400, "the body is {\"command\": \"/rooms\"}, as it is typed at the console");
  const auto line = given["command"].get<std::string>();
  if (by.only_reads && !operator_console::only_reads(line))
    throw http::refusal(
        403, "that token only asks: /who, /rooms, /room ROOM, /accounts, /account NAME, /bans, /stats");
  operator_console console(
      server_,
      {.hears = [](std::string_view) {}, .makes_tokens = false, .from = from.address, .as = by.name});
  const operator_answer answer = co_await console.obey(line);
  co_await response.status(answer.done ? 200 : 422).json(text_of(json_of(answer)) + "\n");
  if (answer.ends) end_();
}

std::string operator_api::status() {
  chat::hub& chat = server_.chat();
  json all = json_of(samples_.now());
  all["version"] = chat::version;
  all["status"] = chat.turn().is_keeping() ? "ok" : "failing";
  all["messages"] = chat.count.messages_in.value();
  all["deliveries"] = chat.count.deliveries.value();
  return text_of(all) + "\n";
}

std::string operator_api::history() const {
  json all = json::array();
  for (const sample& one : samples_.all()) all.push_back(json_of(one));
  return text_of({{"seconds", std::chrono::duration_cast<std::chrono::seconds>(samples::every).count()},
                  {"samples", std::move(all)}}) +
         "\n";
}

io::task<void> operator_api::tell_events(const chat::api_token& by, http::server_request& asked,
                                         http::server_response& response) {
  std::size_t all = 0, of_it = 0;
  listeners_.for_each([&](const listener& one) {
    ++all;
    of_it += chat::same_name(one.by, by.name) ? 1 : 0;
  });
  if (of_it >= most_of_one)
    throw http::refusal(429, fmt::format("so many listen already by the token {}", by.name),
                        {{"Retry-After", "60"}});
  if (all >= most_listeners) throw http::refusal(503, "too many listen already", {{"Retry-After", "60"}});
  listener own(by.name);
  listeners_.push_back(own);
  std::optional<operator_console> console;
  if (asked.query("kind") != "log") {
    console.emplace(server_, operator_console::view{.hears =
                                                        [&own](std::string_view text) {
                                                          for (std::string& line : lines_of(text))
                                                            own.add("heard", std::move(line));
                                                        },
                                                    .sees_comings = true});
    console->enter_lobby();
  }
  http::event_writer events(response);
  co_await events.keep_alive();  // so that the client has the head
  for (;;) {
    own.queued.reset();
    // Who takes what waits as slowly as it may does not hear on for that.
    for (; !own.is_put_out.is_set() && !own.waiting.empty(); own.waiting.pop_front())
      co_await events.send({.data = own.waiting.front().second, .type = own.waiting.front().first});
    const auto what = co_await io::race(own.is_put_out, own.queued, client_is_gone(asked), asked.stopping(),
                                        io::sleep(silence));
    if (what.index() == 0 || what.index() == 2 || what.index() == 3) co_return;
    if (what.index() == 4) co_await events.keep_alive();
  }
}

}  // namespace parlance::cli
