// What -w prints: a format of curl's, with the variables of curl that are known here.
//
//   write_out("%{http_code} %{time_total}\\n", record)          // "200 0.012345", and a line's end
#pragma once

#include <string>
#include <string_view>

#include <cli/get/transfer_record.hpp>

namespace parlance::cli {

/// Throws complaint (usage) for a variable that is not known here, so that nobody waits for it in vain.
void check_write_out(std::string_view format);

/// For each of them.
struct written_out {
  std::string to_stdout = {}, to_stderr = {};
};

/// %{NAME} is a variable, %header{NAME} a field of the answer, %% a percent sign; \n, \r and \t are what they
/// are in C. Of what does not exist, nothing. Behind %{stderr} it goes there, up to %{stdout}; what stands behind
/// %{onerror} is for a transfer that failed.
written_out write_out(std::string_view format, const transfer_record& record);

}  // namespace parlance::cli
