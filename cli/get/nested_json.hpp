// Names of items that say where in an object of JSON a value goes, as HTTPie has them
// (https://httpie.io/docs/cli/nested-json): user[name]=Ann tags[]=a tags[]=b cells[0][1]:=5
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace parlance::cli {

/// Puts `value` into the object `whole`. `name` is as it was typed: a backslash makes a bracket one of the name.
/// [] is one more at the end of a list, [0] a place in it (what is before becomes null), [x] a name. Throws
/// complaint (usage) where it is to be two things at once.
void put_json(nlohmann::ordered_json& whole, std::string_view name, nlohmann::ordered_json value);

}  // namespace parlance::cli
