#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include <cli/screen/terminal.hpp>

#include "on_pty.hpp"

using namespace parlance;
using namespace parlance::cli::screen;

namespace {

std::string told(const event& what) {
  if (const auto* const key = std::get_if<key_press>(&what)) return "key " + key->text;
  if (const auto* const text = std::get_if<paste>(&what)) return "paste " + text->text;
  if (const auto* const click = std::get_if<mouse>(&what))
    return "mouse " + std::to_string(click->at.x) + " " + std::to_string(click->at.y);
  if (const auto* const here = std::get_if<focus>(&what)) return here->here ? "here" : "away";
  return "resize";
}

void draw(terminal& at, const std::string& text) {
  surface frame(at.dimensions());
  frame.whole().put(0, 0, text, {.bold = true});
  frame.whole().put(0, at.dimensions().rows - 1,
                    "the last row of " + std::to_string(at.dimensions().columns));
  frame.whole().set_cursor({.x = 0, .y = 0});
  at.show(frame);
}

/// Shows each event, until `on` gives something for it.
int run(const std::function<std::optional<int>(terminal&, const event&)>& on) {
  return io::wait([](auto act) -> io::task<int> {
    terminal at({.title = "parlance", .mouse = true, .able = capabilities::of_environment()});
    io::scope scope;
    scope.spawn(at.run());
    draw(at, "ready");
    while (const std::optional<event> what = co_await at.next()) {
      draw(at, told(*what));
      if (const std::optional<int> code = act(at, *what)) co_return *code;
    }
    co_return 77;
  }(on));
}

bool is_key(const event& what, std::string_view text) {
  const auto* const key = std::get_if<key_press>(&what);
  return key && key->text == text;
}

/// Ends in some way when a key is pressed.
std::function<int()> ending_on_q(const std::function<int()>& how) {
  return [how] {
    return run([&](terminal&, const event& what) {
      return is_key(what, "q") ? std::optional(how()) : std::nullopt;
    });
  };
}

constexpr size small{.columns = 40, .rows = 6};

TEST(terminal, tells_what_is_typed_and_shows_frames) {
  on_pty program(small, ending_on_q([] { return 5; }));
  ASSERT_TRUE(program.shows("ready"));
  EXPECT_TRUE(program.shows("the last row of 40"));
  EXPECT_TRUE(program.seen().on_alternate_screen());
  EXPECT_TRUE(program.is_raw());
  EXPECT_EQ(program.seen().title(), "parlance");
  EXPECT_NE(program.seen().mouse(), 0);
  program.type("\u00e9");
  EXPECT_TRUE(program.shows("key \u00e9"));
  program.type("\x1b[200~two\rlines\x1b[201~");
  EXPECT_TRUE(program.shows("paste two"));
  program.type("\x1b[<0;7;3M");
  EXPECT_TRUE(program.shows("mouse 6 2"));
  program.type("\x1b[O");
  EXPECT_TRUE(program.shows("away"));
  program.type("\x03");
  EXPECT_TRUE(program.shows("key c"));  // no signal
  program.type("\x1b");
  EXPECT_TRUE(program.eventually([&] { return program.seen().row(0) == "key"; }));
  // It answered the second question only, and has modifyOtherKeys.
  EXPECT_TRUE(program.eventually([&] { return program.written().contains("\x1b[>4;1m"); }));
  EXPECT_FALSE(program.written().contains("\x1b[>1u"));
  program.type("q");
  const int status = program.end();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_TRUE(program.is_put_back());
  EXPECT_TRUE(program.written().contains("\x1b[>4m"));
}

TEST(terminal, uses_kittys_keys_where_it_answers) {
  on_pty program(small, ending_on_q([] { return 0; }));
  ASSERT_TRUE(program.shows("ready"));
  program.type("\x1b[?0u");
  EXPECT_TRUE(program.eventually([&] { return program.written().contains("\x1b[>1u"); }));
  program.type("q");
  program.end();
  EXPECT_TRUE(program.is_put_back());
  EXPECT_LT(program.written().rfind("\x1b[<u"), program.written().rfind("\x1b[?1049l"));
}

TEST(terminal, follows_its_size) {
  on_pty program(small, ending_on_q([] { return 0; }));
  ASSERT_TRUE(program.shows("the last row of 40"));
  for (const size to : {size{.columns = 100, .rows = 30}, size{.columns = 20, .rows = 2}, small}) {
    program.resize(to);
    EXPECT_TRUE(program.eventually([&] {
      return program.seen().row(0) == "resize" &&
             program.seen().row(to.rows - 1) == "the last row of " + std::to_string(to.columns);
    }));
  }
  program.type("q");
  program.end();
  EXPECT_TRUE(program.is_put_back());
}

TEST(terminal, is_put_back_however_the_program_ends) {
  constexpr int failed = -1;  // a sanitizer has its own way with faults
  struct ending {
    const char* what;
    std::function<int()> how;
    int signal;  // that kills it; 0 where it ends by itself
  };
  const ending endings[] = {
      {"exit",
       [] {
         std::exit(3);
         return 0;
       },
       0},
      {"abort",
       [] {
         std::abort();
         return 0;
       },
       SIGABRT},
      {"terminate",
       [] {
         std::terminate();
         return 0;
       },
       SIGABRT},
      {"a signal to the process",
       [] {
         ::kill(::getpid(), SIGTERM);
         return 0;
       },
       SIGTERM},
      {"SIGHUP",
       [] {
         ::raise(SIGHUP);
         return 0;
       },
       SIGHUP},
      {"SIGQUIT",
       [] {
         ::raise(SIGQUIT);
         return 0;
       },
       SIGQUIT},
      {"a fault",
       [] {
         ::raise(SIGBUS);
         return 0;
       },
       failed},
      {"an exception", []() -> int { throw std::runtime_error("nobody catches it"); }, SIGABRT},
  };
  for (const ending& one : endings) {
    SCOPED_TRACE(one.what);
    on_pty program(small, [&] {
      const rlimit none{.rlim_cur = 0, .rlim_max = 0};
      ::setrlimit(RLIMIT_CORE, &none);
      // In another frame than GoogleTest's, which would catch it.
      return [&]() noexcept { return ending_on_q(one.how)(); }();
    });
    ASSERT_TRUE(program.shows("ready"));
    program.type("q");
    const int status = program.end();
    if (one.signal == 0) {
      EXPECT_TRUE(WIFEXITED(status));
    } else if (one.signal == failed) {
      EXPECT_NE(status, 0);
    } else {
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == one.signal) << status;
    }
    EXPECT_TRUE(program.is_put_back());
  }
}

TEST(terminal, is_given_to_the_shell_and_taken_back) {
  const auto stopping = [] {
    return run([](terminal& at, const event& what) {
      if (is_key(what, "z")) at.suspend();
      return is_key(what, "q") ? std::optional(0) : std::nullopt;
    });
  };
  on_pty program(small, stopping, true);
  ASSERT_TRUE(program.shows("ready"));
  for (int round = 0; round < 3; ++round) {
    const std::size_t before = program.written().size();
    program.type("\x1a");
    EXPECT_TRUE(
        program.eventually([&] { return program.written().find("stopped", before) != std::string::npos; }));
    EXPECT_TRUE(program.is_put_back());
    program.type("fg\n");
    EXPECT_TRUE(program.eventually([&] { return program.seen().row(0) == "resize"; }));
    EXPECT_TRUE(program.seen().on_alternate_screen());
    EXPECT_TRUE(program.is_raw());
    EXPECT_NE(program.seen().mouse(), 0);
    program.type("x");
    EXPECT_TRUE(program.shows("key x"));
  }
  program.type("q");
  EXPECT_EQ(program.end(), 0);
  EXPECT_TRUE(program.is_put_back());
}

TEST(terminal, is_gone_when_it_is_hung_up) {
  int ended[2];
  ASSERT_EQ(::pipe(ended), 0);
  {
    on_pty program(small, [&] {
      ::signal(SIGHUP, SIG_IGN);
      const int code = run([](terminal&, const event&) { return std::optional<int>(); });
      static_cast<void>(!::write(ended[1], code == 77 ? "y" : "n", 1));
      return code;
    });
    ASSERT_TRUE(program.shows("ready"));
    program.hang_up();
    char how = 0;
    ASSERT_EQ(::read(ended[0], &how, 1), 1);
    EXPECT_EQ(how, 'y');
  }
  ::close(ended[0]);
  ::close(ended[1]);
}

TEST(capabilities_of, what_the_environment_tells) {
  const auto with = [](std::initializer_list<std::pair<const char*, const char*>> variables) {
    for (const char* name : {"TERM", "COLORTERM", "NO_COLOR", "TMUX", "TERM_PROGRAM", "WT_SESSION"})
      ::unsetenv(name);
    for (const auto& [name, value] : variables) ::setenv(name, value, 1);
    return capabilities::of_environment();
  };
  const char* const before = std::getenv("TERM");
  const std::string kept = before ? before : "";
  EXPECT_FALSE(with({}).addressable);
  EXPECT_FALSE(with({{"TERM", "dumb"}}).addressable);
  EXPECT_EQ(with({{"TERM", "xterm"}}).palette, colors::sixteen);
  EXPECT_EQ(with({{"TERM", "xterm-256color"}}).palette, colors::palette);
  EXPECT_EQ(with({{"TERM", "xterm-256color"}, {"COLORTERM", "truecolor"}}).palette, colors::rgb);
  EXPECT_EQ(with({{"TERM", "xterm-256color"}, {"COLORTERM", "truecolor"}, {"NO_COLOR", "1"}}).palette,
            colors::none);
  EXPECT_EQ(with({{"TERM", "xterm-256color"}, {"NO_COLOR", ""}}).palette, colors::palette);
  EXPECT_EQ(with({{"TERM", "vt100"}}).palette, colors::none);
  using enum capabilities::notices;
  EXPECT_EQ(with({{"TERM", "xterm-kitty"}}).notifications, osc99);
  EXPECT_EQ(with({{"TERM", "foot"}}).notifications, osc777);
  EXPECT_EQ(with({{"TERM", "xterm-256color"}, {"TERM_PROGRAM", "WezTerm"}}).notifications, osc9);
  EXPECT_EQ(with({{"TERM", "tmux-256color"}, {"TERM_PROGRAM", "WezTerm"}, {"TMUX", "/tmp/x"}}).notifications,
            bell);
  with({});
  if (before) ::setenv("TERM", kept.c_str(), 1);
}

}  // namespace
