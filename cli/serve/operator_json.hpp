// What the operator's console answers, as programs read it: parlance admin (admin_door.hpp) and over HTTP (api.hpp).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <cli/serve/operator_answer.hpp>

namespace parlance::cli {

/// Without what steers terminals.
std::vector<std::string> lines_of(std::string_view text);

/// {"answer":["1 rooms ..."],"done":true,"things":[{"room":"#lobby","people":3,"topic":""}]}
nlohmann::ordered_json json_of(const operator_answer& answer);

/// In one line, without its end, whatever bytes are in it.
std::string text_of(const nlohmann::ordered_json& what);

}  // namespace parlance::cli
