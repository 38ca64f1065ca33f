// The chat on the whole of a terminal: rooms at the left, people at the right, the conversation and what one
// types between them, and below what the keys do now.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>

#include <cli/chat/full_screen/conversation_view.hpp>
#include <cli/chat/full_screen/list_popup.hpp>
#include <cli/chat/model/connection.hpp>
#include <cli/chat/model/log.hpp>
#include <cli/chat/model/memory.hpp>
#include <cli/chat/model/network.hpp>
#include <cli/chat/model/network_options.hpp>
#include <cli/screen/surface.hpp>
#include <cli/screen/terminal.hpp>

namespace parlance::cli {

class chat_client final : public chat_network::observer {
 public:
  /// `memory` outlives it. `log_folder`: has a folder for each network that is logged; empty: none is.
  chat_client(std::vector<network_options> networks, chat_memory& memory, std::string log_folder);
  ~chat_client();

  /// Until one leaves. Gives the exit code: that of the failure where one was never let in.
  io::task<int> run();

  // What commands do (commands.cpp).
  chat_network& network() noexcept { return view().network(); }
  conversation& room() noexcept { return view().of(); }
  void show(chat_network& in, conversation& which);
  void add_network(const std::string& address);
  void log_in(const std::string& account);
  void show_help();
  void show_switcher();
  void show_search(const std::string& text = {});
  void open_link(std::size_t number);
  void open_address(const std::string& address);
  void leave(const std::string& why);
  /// Whether it is come into where no address is given.
  void start_here(bool starts);
  void remember_nick(const std::string& nick);
  /// A mask, from now on and the next time. False: one does that already.
  bool ignore(const std::string& mask);
  bool ignore_no_more(const std::string& mask);
  /// What is said in this network is written to files.
  void log_here(bool logs);
  void tell(const std::string& text) { network().tell(text, &room()); }
  void say(std::string_view text, bool is_action = false);

 private:
  struct membership {
    std::string address;
    std::unique_ptr<chat_network> network;
    std::unique_ptr<chat_connection> connection;
    std::unique_ptr<chat_log> log;  // none: it is not wanted
    bool ended = false;
    bool declined = false;  // to say what it wants to know
  };
  /// What is asked instead of what one says.
  struct question {
    question(std::string what, bool secret, std::function<void(const std::string&)> with)
        : asks(std::move(what)), is_secret(secret), then(std::move(with)) {}
    std::string asks;
    bool is_secret;
    std::function<void(const std::string&)> then;  // nothing: one does not say
    screen::text_editor typed{1024};
  };
  /// A row that leads somewhere when it is clicked.
  struct target {
    screen::rectangle area;
    std::function<void()> go;
  };

  // What networks tell.
  void changed() override { wake_.set(); }
  void has_output() override;
  void called(chat_network& in, conversation& where, const chat_entry& what) override;
  void opened(chat_network& in, conversation& which) override;
  void dropped(chat_network& in, conversation& which) override;
  void kept_out(chat_network&, const std::string&, const std::string&) override {}  // it was told
  void disconnect(chat_network& in, std::optional<std::uint16_t> tls_port) override;
  void encrypted(chat_network& in, std::uint64_t seconds) override;

  void add(network_options options);
  void remember();
  void begin_log(membership& of);
  void write_logs();
  void write_log(chat_log& to, const conversation& where);
  void keep(const std::function<void()>& what);
  io::task<void> stay(membership& in);
  io::task<void> read_keys();
  io::task<void> draw_on();
  io::task<void> watch_signals();
  io::task<void> tick_clock();

  conversation_view& view();
  conversation_view& view_of(chat_network& in, conversation& of);
  membership& member_of(const chat_network& in);
  std::vector<std::pair<chat_network*, conversation*>> all_conversations() const;
  void show_next(int by);
  void show_unread();
  void look();
  void ask_for_password();

  // keys.cpp
  void handle(const screen::event& what);
  void press(const screen::key_press& pressed);
  bool press_anywhere(const screen::key_press& pressed);
  bool press_at_message(const screen::key_press& pressed);
  bool press_question(const screen::key_press& pressed);
  void press_editor(const screen::key_press& pressed);
  void click(const screen::mouse& what);
  void submit();
  void interrupt();
  void note_typing();
  void ask_reaction();
  void copy_chosen();
  screen::completion offers(std::string_view text, std::size_t cursor);

  // draw.cpp
  void draw();
  void draw_rooms(const screen::region& into);
  void draw_people(const screen::region& into);
  void draw_head(const screen::region& into);
  void draw_editor(const screen::region& into);
  void draw_offers(const screen::region& above);
  void draw_bottom(const screen::region& into);
  int editor_rows(int columns) const;
  std::string prompt();
  std::string hints();
  std::string state_of(const chat_network& in);
  void set_title();

  chat_memory& memory_;
  std::string log_folder_;
  bool memory_fails_ = false, log_fails_ = false;  // which was told
  std::vector<std::unique_ptr<membership>> members_;
  std::map<const conversation*, std::unique_ptr<conversation_view>> views_;
  chat_network* active_network_ = nullptr;
  conversation* active_ = nullptr;
  conversation* before_ = nullptr;  // which was shown before
  std::optional<question> question_;
  std::unique_ptr<list_popup> popup_;
  bool links_are_numbered_ = false;
  bool wants_to_send_much_ = false;  // Enter once more
  bool wants_to_leave_ = false;      // Ctrl-C once more
  bool leaving_ = false;
  bool has_focus_ = true;
  std::optional<bool> shows_rooms_, shows_people_;  // nothing: where there are columns for it
  int people_from_ = 0, rooms_from_ = 0;
  std::string drawn_title_;
  io::time_point typing_told_{}, called_at_{};
  const conversation* shown_ = nullptr;  // among the rooms
  conversation* typing_in_ = nullptr;

  std::unique_ptr<screen::terminal> terminal_;
  screen::surface frame_;
  screen::rectangle conversation_area_, people_area_, rooms_area_, editor_area_;
  std::vector<target> targets_;
  io::event wake_, typed_, done_;
  io::scope* work_ = nullptr;
  bool terminal_is_gone_ = false;
};

}  // namespace parlance::cli
