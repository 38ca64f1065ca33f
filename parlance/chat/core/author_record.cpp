#include <nlohmann/json.hpp>

#include <parlance/chat/core/author_record.hpp>

namespace parlance::chat {

using nlohmann::json;

void add_author(json& document, const author& its) {
  if (its.is_nobody()) return;
  json& of = document["of"] = {{"place", its.at}};
  if (!its.account.empty()) of["account"] = its.account;
  if (its.serial != 0) of["serial"] = its.serial;
}

author author_in(const json& document) {
  const auto of = document.find("of");
  if (of == document.end()) return {};
  return {.account = of->value("account", std::string()),
          .serial = of->value("serial", std::uint64_t{0}),
          .at = of->at("place").get<entry_id>()};
}

}  // namespace parlance::chat
