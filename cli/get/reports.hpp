// The reports that were asked for, of each transfer when it is over and of all at the end.
#pragma once

#include <vector>

#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>

#include <cli/base/file.hpp>
#include <cli/get/transfer.hpp>
#include <cli/get/transfer_record.hpp>

namespace parlance::cli {

class reporter {
 public:
  /// Both must outlive it. Throws complaint where a report cannot be written.
  reporter(const get_options& options, io::mutex& stdout_turn);

  /// -w, --timing and --json-report.
  io::task<void> add(const transfer_record& record);
  /// --har. Throws complaint.
  io::task<void> finish();

 private:
  io::task<void> print(std::string text);

  const get_options& options_;
  io::mutex& stdout_turn_;
  file json_;
  std::vector<transfer_record> all_;  // for --har
};

}  // namespace parlance::cli
