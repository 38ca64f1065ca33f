// Reports of transfers: as a person reads them (--timing), as JSON (--json-report) and as an archive that browsers
// open (--har, http://www.softwareishard.com/blog/har-12-spec/).
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <parlance/http/message/message.hpp>
#include <parlance/http/url/origin.hpp>

#include <cli/get/transfer_record.hpp>

namespace parlance::cli {

/// One object: what was asked, what came, how long each part took, what went wrong.
nlohmann::ordered_json as_json(const transfer_record& record);

/// The fields of the answer, names in small letters, each with the list of its values, as curl has it.
nlohmann::ordered_json fields_as_json(const transfer_record& record);

/// A line for each leg, with a bar for each part of its time on one scale.
std::string as_waterfall(const transfer_record& record);

/// What is sent to one origin alone.
using site_fields = std::map<http::origin, http::field_list>;

/// HAR 1.2, without bodies. What is secret is left out: logins in URLs, also in those that servers send, Authorization
/// and the like, cookies, and the fields that are of one of `sites` alone.
nlohmann::ordered_json as_har(const std::vector<transfer_record>& records, const site_fields& sites);

}  // namespace parlance::cli
