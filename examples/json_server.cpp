// A list of items, spoken to in JSON: GET /items, POST /items, GET /items/{number}.
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <parlance/http.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/net.hpp>
using namespace parlance;

int main() {
  std::vector<std::string> items;  // as JSON
  http::router api;
  api.get("/items", [&](auto&, auto& answer) -> io::task<> {
    co_await answer.json(fmt::format("[{}]", fmt::join(items, ",")));
  });
  api.post("/items", [&](auto& asked, auto& answer) -> io::task<> {
    const std::string item = co_await asked.read_json();
    if (!nlohmann::json::accept(item)) throw http::refusal(400, "the body is no JSON");
    items.push_back(item);
    co_await answer.status(201).json(fmt::format(R"({{"number":{}}})", items.size() - 1));
  });
  api.get("/items/{number}", [&](auto& asked, auto& answer) -> io::task<> {
    const auto number = http::parse_decimal(asked.parameter("number"));
    if (!number || *number >= items.size()) throw http::refusal(404, "there is no such item");
    co_await answer.json(items[*number]);
  });
  io::wait(http::serve(io::wait(net::listen(":8000")), api));
}
