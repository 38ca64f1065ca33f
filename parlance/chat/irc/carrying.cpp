#include <nlohmann/json.hpp>

#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/capability_names.hpp>
#include <parlance/chat/irc/carrying.hpp>
#include <parlance/chat/irc/metadata.hpp>
#include <parlance/chat/irc/monitor.hpp>
#include <parlance/chat/irc/read_marker.hpp>

namespace parlance::chat::irc {

using nlohmann::json;

std::optional<std::string> carry(const irc_client& of) {
  if (!of.is_at_rest()) return {};
  json capabilities = json::array();
  for (const auto& [name, value] : offered(of, of.chat().configured()))
    if (const auto its = find_capability(name); its && of.has(*its)) capabilities.push_back(name);
  return json{{"capabilities", std::move(capabilities)},
              {"cap_version", of.cap_version},
              {"away", of.away},
              {"device", device_of(of)},
              {"monitored", monitored_by(of)},
              {"metadata", subscribed_by(of)},
              {"read", read_by(of)}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

bool go_on(irc_client& as, std::string_view carried, person& whom) try {
  const json kept = json::parse(carried);
  as.cap_version = kept.at("cap_version");
  for (const std::string name : kept.at("capabilities"))
    if (const auto its = find_capability(name)) as.ask(*its, true);
  as.away = kept.at("away");
  go_on_by_device(as, kept.at("device"));
  as.go_on(whom);
  go_on_monitoring(as, kept.at("monitored"));
  go_on_subscribed(as, kept.at("metadata"));
  go_on_having_read(as, kept.at("read"));
  return true;
} catch (const json::exception&) {
  return false;
}

}  // namespace parlance::chat::irc
