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
    "Writes all that a chat has kept into one file: what was said, accounts, rooms, bans, the files that\n"
    "people have put up, and the certificate that the server has made for itself. The server may run "
    "meanwhile: it is not held up,\n"
    "and whatever was told to anybody before is in the file.\n";

constexpr const char* more =
    "FILE is a database of SQLite's, for its owner alone: what is in it opens accounts and rooms. It\n"
    "appears whole and checked, or not at all. What the settings name lies elsewhere and is not in it:\n"
    "the configuration, the message of the day, a certificate that was not made by the server.\n"
    "\n"
    "SQLite's own backup of chat.db would miss what is beside it, and a copy of its files may be torn.\n"
    "\n"
    "Exit codes: 0 done, 1 failure, 2 usage, 130 interrupted; but for 0, there is no new FILE.";

struct backup_command {
  std::string folder;
  std::string file;
  bool force = false;
};

}  // namespace

void add_backup(CLI::App& program, int& result) {
  const auto command = std::make_shared<backup_command>();
  CLI::App* verb = program.add_subcommand("backup", about);
  verb->footer(more);
  verb->add_option("FILE", command->file, "Where to write it")->required();
  add_data_option(*verb, command->folder);
  verb->add_flag("--force", command->force, "Replace a FILE that is there, once the new one is whole");
  verb->callback([command, &result] {
    try {
      expect_folder(command->folder);
      run_until_interrupted([&](const std::function<bool()>& is_stopped) {
        chat::back_up({.folder = command->folder}, {.file = command->file,
                                                    .overwrite = command->force,
                                                    .beside = self_made_files,
                                                    .folders = {std::string(chat::uploads_folder)},
                                                    .is_stopped = is_stopped});
      });
    } catch (...) {
      result = report_failure("backup");
    }
  });
}

}  // namespace parlance::cli
