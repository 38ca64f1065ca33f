#include <string>
#include <utility>

#include <parlance/http/server/event_writer.hpp>

namespace parlance::http {

event_writer::event_writer(server_response& answer) : answer_(answer) {
  answer.fields().set("Content-Type", "text/event-stream");
  answer.fields().set("Cache-Control", "no-store");
  // nginx would gather them otherwise.
  answer.fields().set("X-Accel-Buffering", "no");
}

io::task<void> event_writer::write(std::string text) { co_await answer_.write(text); }

io::task<void> event_writer::send(const server_event& what) {
  std::string text;
  append_event(text, what);
  return write(std::move(text));
}

io::task<void> event_writer::retry(io::duration wait) {
  std::string text;
  append_retry(text, wait);
  return write(std::move(text));
}

io::task<void> event_writer::keep_alive() { return write(":\n\n"); }

}  // namespace parlance::http
