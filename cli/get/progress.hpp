// How far transfers are, on stderr while they run, where that is a terminal: a line for each, and one for all.
//
//   progress meter(names.size());
//   io::scope drawing;
//   drawing.spawn(meter.draw());
//   progress::entry mine(meter, "big.iso");
//   mine.begin_receiving(0, 1000), mine.set_received(10);         // big.iso  1% [-------] 10 B of 1 kB ...
//
// Nothing is shown in the first half second, so what is quick says nothing.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::cli {

class progress {
  struct line;

 public:
  /// One transfer; its line ends with it.
  class entry {
   public:
    entry(progress& meter, const std::string& name);
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    ~entry();
    /// So many bytes of a body have gone, of so many in all; 0: it begins.
    void set_sent(std::uint64_t bytes, std::optional<std::uint64_t> of);
    /// What is shown from now on is what comes, of so many bytes. Those that had come before are no speed of its own.
    void begin_receiving(std::uint64_t before, std::optional<std::uint64_t> of);
    /// So many have come in all.
    void set_received(std::uint64_t bytes) { line_->received = bytes; }
    /// It ended well, and its line stays.
    void finish() { line_->finished = true; }

   private:
    progress& meter_;
    std::list<line>::iterator line_;
  };

  /// Of so many transfers. While it lives, nothing else is told on stderr in the middle of it. Lives as long as
  /// its entries.
  explicit progress(std::size_t transfers);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();

  /// Draws until it is cancelled.
  io::task<void> draw();

 private:
  struct line {
    std::string name;
    io::time_point began = {};
    std::uint64_t sent = 0, received = 0;
    bool sending = false;                     // which of them is shown
    std::optional<std::uint64_t> total = {};  // of that
    bool finished = false;

    std::uint64_t done() const noexcept { return sending ? sent : received; }
    void turn(bool to_sending, std::uint64_t before, std::optional<std::uint64_t> of);

    // Of the last drawing.
    std::uint64_t drawn = 0;
    io::time_point drawn_at = {}, turned = {};
    double speed = 0;  // bytes a second, of the last seconds more than of those before
  };

  void clear();
  void redraw();
  std::string text_of(line& one, std::size_t columns, io::time_point now) const;

  const std::size_t transfers_;
  const io::time_point began_;
  std::size_t ended_ = 0;
  std::uint64_t bytes_of_ended_ = 0;
  std::list<line> lines_;
  std::size_t shown_ = 0;  // lines on the terminal
  bool has_drawn_ = false;
};

}  // namespace parlance::cli
