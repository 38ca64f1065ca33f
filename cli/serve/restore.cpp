#include <memory>
#include <string>

#include <parlance/chat/store/backup.hpp>
#include <parlance/chat/web/upload_folder.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/serve/certificates.hpp>
#include <cli/serve/kept_chat.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Puts what parlance backup has written into a folder that has no chat yet, for parlance serve to go\n"
    "on with: with the same history, accounts, rooms and files, and the same certificate.\n";

constexpr const char* more =
    "All of it is there, or nothing. To go back to an earlier time where a chat is, end its server,\n"
    "move its folder away, and restore into a new one. The folder must be the server's user's: run this\n"
    "as that user.\n"
    "\n"
    "Exit codes: 0 done, 1 failure, 2 usage, 130 interrupted.";

struct restore_command {
  std::string folder;
  std::string file;
};

}  // namespace

void add_restore(CLI::App& program, int& result) {
  const auto command = std::make_shared<restore_command>();
  CLI::App* verb = program.add_subcommand("restore", about);
  verb->footer(more);
  verb->add_option("FILE", command->file, "What parlance backup has written")->required();
  add_data_option(*verb, command->folder);
  verb->callback([command, &result] {
    try {
      expect_folder(command->folder);
      run_until_interrupted([&](const std::function<bool()>& is_stopped) {
        chat::restore({.folder = command->folder}, {.file = command->file,
                                                    .beside = self_made_files,
                                                    .folders = {std::string(chat::uploads_folder)},
                                                    .is_stopped = is_stopped});
      });
    } catch (...) {
      result = report_failure("restore");
    }
  });
}

}  // namespace parlance::cli
