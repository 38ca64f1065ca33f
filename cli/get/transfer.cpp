#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <parlance/http/base/date.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/client_head.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/amounts.hpp>
#include <cli/base/file.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/counted_body.hpp>
#include <cli/get/digest.hpp>
#include <cli/get/file_names.hpp>
#include <cli/get/kept_file.hpp>
#include <cli/get/output.hpp>
#include <cli/get/paced_body.hpp>
#include <cli/get/pieces.hpp>
#include <cli/get/transcript.hpp>
#include <cli/get/transfer.hpp>
#include <cli/get/watch.hpp>

namespace parlance::cli {
namespace {

/// Why another attempt may do better, and how long that waits.
struct setback {
  std::string why;
  io::duration wait;
};

/// One URL, with all attempts at it.
class fetching {
 public:
  fetching(http::client& client, const get_options& options, const get_job& job, get_shared& shared,
           transfer_record& record)
      : client_(client),
        options_(options),
        job_(job),
        shared_(shared),
        record_(record),
        watch_(options, job, record),
        retry_until_(io::after(io::loop::current().now(), options.retry.within)),
        answers_on_terminal_(job.output.empty() && ::isatty(STDOUT_FILENO) != 0),
        keeps_(keeps()) {
    begin_digest();
    if (shared.meter && !answers_on_terminal_) line_.emplace(*shared.meter, name());
  }

  io::task<void> run() {
    if (keeps_) co_await take_kept();
    for (;;) {
      ++tries_;
      const std::optional<setback> failed = co_await attempt();
      if (!failed) co_return;
      co_await watch_.say(fmt::format("{}; trying again in {} ({} of {})", failed->why,
                                      in_words(failed->wait), tries_, options_.retry.times));
      co_await io::sleep(failed->wait);
    }
  }

 private:
  std::string name() const {
    if (!job_.output.empty()) return std::filesystem::path(job_.output).filename().native();
    return name_in_url(job_.target).value_or(job_.target.host());
  }

  bool keeps() const {
    std::error_code none;
    const auto there = std::filesystem::status(job_.output, none).type();
    return options_.resume && !job_.output.empty() && !job_.server_names &&
           options_.request.method == "GET" &&
           (there == std::filesystem::file_type::not_found || there == std::filesystem::file_type::regular);
  }

  /// What has come another time.
  io::task<void> take_kept() {
    const std::string path = record_.file = file_for(options_, job_, {}, shared_);
    auto kept = kept_file::open(path, shown(job_.target), options_.file_mode);
    std::error_code none;
    const auto there = std::filesystem::file_size(path, none);
    if ((!kept || kept->size() == 0) && !none) there_ = there;
    if (!kept) {
      co_await watch_.say(fmt::format("{}: there is no room beside it for what comes, so that is not kept",
                                      text::sanitize(path)));
      co_return;
    }
    got_ = kept->size();
    version_ = kept->version();
    missing_ = kept->missing();
    if (digest_ && got_ > 0 && missing_.empty()) co_await add_to_digest(kept->descriptor(), got_);
    kept_ = kept.get();
    to_ = std::move(kept);
  }

  /// Whether the file that is there is as long as what the server has, and has the digest that it must have.
  io::task<bool> is_whole_already() {
    http::request what = request();
    what.fields.set("Range", fmt::format("bytes={}-", there_));
    const http::exchange e = co_await client_.open(std::move(what));
    watch_.has_head(e);
    if (!ends_at(e.head(), there_)) co_return false;
    if (digest_) {
      const file from(::open(record_.file.c_str(), O_RDONLY | O_CLOEXEC));
      if (from.is_open()) co_await add_to_digest(from.descriptor(), there_);
      const bool is_it = digest_->finish() == http::lower(job_.sha256);
      begin_digest();
      if (!is_it) co_return false;
    }
    co_await watch_.say(fmt::format("{} is whole already", text::sanitize(record_.file)));
    co_return true;
  }

  /// What was written another time counts for the digest, too.
  io::task<void> add_to_digest(int descriptor, std::uint64_t size) {
    for (std::uint64_t at = 0; at < size;) {
      const std::string piece =
          co_await io::blocking([own = std::make_shared<file>(::dup(descriptor)), at, left = size - at] {
            constexpr std::uint64_t room = 1 << 20;
            std::string bytes(std::min(room, left), '\0');
            const ssize_t got =
                ::pread(own->descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(at));
            bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            return bytes;
          });
      if (piece.empty()) throw complaint(failure, fmt::format("{} was changed meanwhile", job_.output));
      digest_->add(piece);
      at += piece.size();
    }
  }

  http::request request() {
    http::request what = options_.request;
    what.target = job_.target;
    what.observer = watch_.observer();
    if (options_.rate != 0 && !what.body.empty()) what.body = paced(what.body, options_.rate);
    if (options_.told && !what.body.empty()) what.body = told(what.body, options_.told);
    if (shared_.meter && !what.body.empty())
      what.body = counted(
          what.body, [this](std::uint64_t sent, std::optional<std::uint64_t> of) { show_sent(sent, of); });
    // Part of what is compressed says nothing to whoever joins it.
    if (options_.resume || options_.connections > 1) what.omitted.emplace_back("Accept-Encoding");
    return what;
  }

  /// Where the answer goes to a terminal, what is sent is shown until it comes, and only what may take long.
  void show_sent(std::uint64_t sent, std::optional<std::uint64_t> of) {
    const bool is_long = of.value_or(UINT64_MAX) > http::upload_step;
    if (!line_ && sent == 0 && !to_ && is_long) line_.emplace(*shared_.meter, name());
    if (line_) line_->set_sent(sent, of);
  }

  /// Why it failed, if another attempt may do better; throws what no other would change.
  io::task<std::optional<setback>> attempt() {
    watch_.begin_try();
    measured_since_ = io::loop::current().now();
    measured_from_ = 0;
    deadline_ = io::after(io::loop::current().now(), options_.limits.timeout);
    try {
      co_return co_await once();
    } catch (const io::error& e) {
      if (io::context::current().cancelled()) throw;
      const bool can = may_try_again() && !tried_out_ && options_.retry.heeds(e.code());
      if (!can || (!can_go_on() && !can_begin_anew())) throw;
      const auto wait = wait_before(tries_, options_.retry, {});
      if (!wait || !is_in_time(*wait)) throw;
      co_return setback{e.what(), *wait};
    }
  }

  bool may_try_again() const {
    const bool harmless = http::is_idempotent(options_.request.method) || !watch_.has_sent();
    return tries_ <= options_.retry.times && !options_.once && (harmless || options_.retry.all_errors);
  }
  bool is_in_time(io::duration wait) const { return io::loop::current().now() + wait <= retry_until_; }

  /// Of an answer that is no better than none.
  std::optional<setback> setback_of(const http::exchange& e) const {
    const bool fails = options_.fail || options_.fail_late;
    const retry_options heeding = fails ? options_.retry : retry_options();
    if (!may_try_again() || !heeding.heeds(e.head().status)) return std::nullopt;
    std::string why = fmt::format("{} {}: {}", options_.verb, shown(e.target()), watcher::status(e.head()));
    const auto wait = wait_before(tries_, options_.retry, e.head().fields.get("Retry-After").value_or(""));
    if (!wait)
      throw complaint(http_status, fmt::format("{}, and wants to be left alone for longer than {}", why,
                                               in_words(longest_retry_after)));
    if (!is_in_time(*wait)) return std::nullopt;
    return setback{std::move(why), *wait};
  }

  bool can_go_on() const {
    return options_.request.method == "GET" && to_ && (got_ > 0 || !missing_.empty()) &&
           !version_.validator.empty();
  }
  bool can_begin_anew() const { return !to_ || !to_->is_gone() || (got_ == 0 && !shows_before()); }
  bool shows_before() const { return options_.shows_before() || puts_head_before(options_, job_); }

  io::task<std::optional<setback>> once() {
    constexpr unsigned partial_content = 206, range_not_satisfiable = 416;
    if (there_ != 0) {
      if (co_await is_whole_already()) co_return std::nullopt;
      there_ = 0;
      record_.legs.clear();
    }
    http::request what = request();
    const bool goes_on_there = can_go_on() && !what.fields.contains("Range");
    if (goes_on_there) {
      what.fields.set("Range", fmt::format("bytes={}-", got_));
      what.fields.set("If-Range", version_.validator);
    }
    http::exchange e = co_await client_.open(std::move(what));
    watch_.has_head(e);
    if (auto failed = setback_of(e)) co_return failed;
    co_await keep_head(e.head());
    if (is_known(e.head())) {
      co_await watch_.done(e);
      co_return std::nullopt;
    }
    expect_answer(e.head(), goes_on_there);
    const bool whole = goes_on_there && missing_.empty() && ends_at(e.head(), got_) &&
                       (!version_.size || *version_.size == got_);
    // Of a file that has become shorter there is no rest, says a server that takes no notice of If-Range.
    const bool lacks_rest = goes_on_there && !whole && e.head().status == range_not_satisfiable;
    // What has come is not given up for the page of an error.
    const bool is_refusal = options_.fail || goes_on_there || keeps_;
    if (is_refusal && !whole && !lacks_rest && e.head().status >= 400)
      throw complaint(http_status,
                      fmt::format("{} {}: {}{}", options_.verb, shown(e.target()), watcher::status(e.head()),
                                  options_.fail ? "; leave out --fail to see the answer" : ""));
    if (!whole) {
      const bool goes_on_here = goes_on_there && goes_on(e.head(), version_, got_);
      if (goes_on_there && !goes_on_here) {
        begin_anew();
        // Part of another file, or another part, is the whole of nothing.
        if (e.head().status == partial_content || lacks_rest) {
          co_await watch_.say(
              fmt::format("{}: what came is not the rest of it; fetching it anew", shown(job_.target)));
          {
            const http::exchange left = std::move(e);
          }
          co_return co_await once();
        }
      }
      if (!goes_on_here) co_await begin(e);
      if (comes_in_pieces(e.head())) {
        const http::response_head head = e.head();
        const http::url from = e.target();
        if (!co_await take_pieces(std::move(e))) {
          co_await watch_.say(
              fmt::format("{}: it changed, or comes in no parts; fetching it anew over one "
                          "connection",
                          shown(job_.target)));
          in_pieces_ = false;
          begin_anew();
          co_return co_await once();
        }
        co_await end(head, from);
        co_return std::nullopt;
      }
      co_await take(e);
    }
    co_await end(e.head(), e.target(), &e);
    co_return std::nullopt;
  }

  /// -D, whatever becomes of the body.
  io::task<void> keep_head(const http::response_head& head) const {
    if (options_.head_file.empty() || puts_head_before(options_, job_)) co_return;
    if (options_.head_file != "-")
      co_return co_await keep_limit(write_file(options_.head_file, heads_of(options_, head, record_)));
    const io::mutex::guard turn = co_await shared_.stdout_turn.lock();
    const std::unique_ptr<sink> to = stdout_sink({.pretty = options_.pretty});
    co_await keep_limit(to->begin({}, {{.text = heads_of(options_, head, record_)}}));
    co_await keep_limit(to->finish());
  }

  /// It was asked for only if it were another, and is not: what is there stays. A server may take no notice of a date.
  bool is_known(const http::response_head& head) const {
    constexpr unsigned ok = 200, not_modified = 304, precondition_failed = 412;
    const http::field_list& asked = options_.request.fields;
    const auto date = [](const http::field_list& in, const char* name) {
      return http::parse_date(in.get(name).value_or(""));
    };
    if (head.status == ok && options_.by_date && !asked.contains("If-None-Match")) {
      const auto changed = date(head.fields, "Last-Modified"), newer = date(asked, "If-Modified-Since"),
                 older = date(asked, "If-Unmodified-Since");
      if (changed && ((newer && *changed <= *newer) || (older && *changed > *older))) return true;
    }
    return (head.status == not_modified &&
            (asked.contains("If-None-Match") || asked.contains("If-Modified-Since"))) ||
           (head.status == precondition_failed && asked.contains("If-Unmodified-Since"));
  }

  /// What is no answer to what was asked is not taken for a body.
  void expect_answer(const http::response_head& head, bool goes_on_there) const {
    constexpr unsigned partial_content = 206, not_modified = 304;
    const auto refuse = [&](std::string_view what) {
      throw complaint(broken_off,
                      fmt::format("{} {}: {}, though nobody asked {}; is it a sound HTTP server?",
                                  options_.verb, shown(job_.target), watcher::status(head), what));
    };
    if (head.status == not_modified) refuse("whether it has changed");
    if (head.status != partial_content || goes_on_there) return;
    const auto sent = content_range_of(head);
    const auto asked = options_.request.fields.get("Range");
    if (!asked && (!sent || sent->first != 0U || !sent->size || *sent->last + 1 != *sent->size))
      refuse("for a part");
    constexpr std::string_view unit = "bytes=";
    if (!asked || !sent || !asked->starts_with(unit)) return;
    const auto first = http::parse_decimal(asked->substr(unit.size(), asked->find('-') - unit.size()));
    if (first && sent->first != first && !asked->contains(',')) refuse("for this part");
  }

  void begin_digest() {
    if (!job_.sha256.empty()) digest_.emplace();
  }

  /// What comes is no continuation.
  void begin_anew() {
    if (!can_begin_anew())
      throw complaint(broken_off,
                      fmt::format("{} {}: it has changed since {} of it were written; fetch it anew",
                                  options_.verb, shown(job_.target), in_words(got_, "byte")));
    if (!kept_) to_.reset();
    got_ = 0;
    missing_.clear();
    begin_digest();
  }

  io::task<void> begin(const http::exchange& e) {
    if (got_ > 0) begin_anew();
    check_size(e.announced().value_or(0));
    version_ = version_of(e.head(), e.announced());
    if (!to_ || !kept_) to_ = make_sink(options_, job_, e.head(), shared_, record_.file);
    if (line_ && answers_on_terminal_) {
      line_->finish();
      line_.reset();
    }
    const preface before = co_await preface_of(options_, job_, e.head(), record_);
    co_await keep_limit(to_->begin(e.head(), before));
  }

  io::task<void> take(http::exchange& e) {
    const io::time_point since = io::loop::current().now();
    std::uint64_t now = 0;
    if (line_)
      line_->begin_receiving(got_, e.announced() ? std::optional(got_ + *e.announced()) : std::nullopt);
    for (std::string_view piece; !(piece = co_await e.read()).empty();) {
      if (options_.told) co_await keep_limit(options_.told->flush());
      check_size(got_ + piece.size());
      if (digest_) digest_->add(piece);
      if (options_.show_body || !job_.output.empty()) co_await keep_limit(to_->write(piece));
      got_ += piece.size();
      now += piece.size();
      record_.received = e.received();
      record_.written = got_;
      check_speed(e.received());
      // What is announced is counted as it comes, before it is decoded.
      if (line_) line_->set_received(got_ - now + e.received());
      if (options_.rate == 0) continue;
      const std::chrono::duration<double> due(static_cast<double>(now) / static_cast<double>(options_.rate));
      co_await keep_limit(wait_until(io::after(since, std::chrono::round<io::duration>(due))));
    }
  }

  /// Whether it may, and is worth it, or has holes already.
  bool comes_in_pieces(const http::response_head& head) const {
    constexpr unsigned partial_content = 206;
    if (!to_ || to_->descriptor() < 0 || shows_before() || !in_pieces_) return false;
    if (options_.request.method != "GET" || version_.validator.empty() || !version_.size) return false;
    if (!missing_.empty()) return true;
    const bool gives_ranges =
        head.status == partial_content ||
        http::equals_ignoring_case(head.fields.get("Accept-Ranges").value_or(""), "bytes");
    return options_.connections > 1 && gives_ranges && got_ < *version_.size &&
           *version_.size - got_ >= 2 * shortest_piece;
  }

  /// False: it cannot go on so.
  io::task<bool> take_pieces(http::exchange first) {
    check_size(*version_.size);
    if (missing_.empty()) missing_ = {{got_, *version_.size}};
    pieces_fetch all({.client = client_,
                      .options = options_,
                      .job = job_,
                      .record = record_,
                      .version = version_,
                      .missing = missing_,
                      .retry_until = retry_until_,
                      .descriptor = to_->descriptor(),
                      .request = [this] { return request(); },
                      .first_ended = [this](const http::exchange& e) { watch_.has_head(e); },
                      .written = [this](std::uint64_t bytes) { note_written(bytes); },
                      .note = [this](const std::vector<byte_range>& still) { note_missing(still); }});
    record_.written = all.written();
    if (line_) line_->begin_receiving(record_.written, version_.size);
    tried_out_ = true;  // each connection tries again by itself
    const bool whole = co_await keep_limit(all.run(std::move(first)), "in the body");
    tried_out_ = false;
    record_.received = all.received();
    if (!whole) co_return false;
    got_ = *version_.size;
    if (!digest_) co_return true;
    begin_digest();
    co_await add_to_digest(to_->descriptor(), got_);
    co_return true;
  }

  void note_written(std::uint64_t bytes) {
    check_speed(bytes);
    record_.written = bytes;
    if (line_) line_->set_received(bytes);
  }

  void note_missing(const std::vector<byte_range>& still) {
    missing_ = still;
    if (!still.empty()) got_ = still.front().first;
    if (kept_) kept_->set_missing(still);
  }

  static io::task<void> wait_until(io::time_point when) {
    if (when > io::loop::current().now()) co_await io::sleep_until(when);
  }

  /// `e`: where it came over one connection.
  io::task<void> end(const http::response_head& head, const http::url& target,
                     const http::exchange* e = nullptr) {
    if (digest_) {
      const std::string found = digest_->finish();
      if (found != http::lower(job_.sha256)) {
        if (kept_) kept_->forget();
        throw complaint(failure, fmt::format("{} {}: its SHA-256 is {}, not {}; nothing of it is kept",
                                             options_.verb, shown(target), found, job_.sha256));
      }
    }
    if (options_.keep_time)
      if (const auto changed = http::parse_date(head.fields.get("Last-Modified").value_or("")))
        to_->set_modified(*changed);
    co_await keep_limit(to_->finish());
    if (options_.notes_origin && !record_.file.empty() &&
        !note_origin(record_.file, target, head, options_.request))
      co_await watch_.say(fmt::format("{}: warning: its file system keeps no attributes (--xattr)",
                                      text::sanitize(record_.file)));
    if (const auto tag = head.fields.get("ETag"); tag && !options_.etag_file.empty() && head.status < 400)
      co_await keep_limit(write_file(options_.etag_file, std::string(*tag) + '\n'));
    if (line_) line_->finish();
    line_.reset();
    if (e) co_await watch_.done(*e);
    if (options_.fail_late && head.status >= 400)
      throw complaint(http_status,
                      fmt::format("{} {}: {}", options_.verb, shown(target), watcher::status(head)));
  }

  /// Who sends nothing at all is found by the limits for that.
  void check_speed(std::uint64_t bytes) {
    if (options_.too_slow == 0) return;
    const io::time_point now = io::loop::current().now();
    if (bytes >= measured_from_ && now - measured_since_ < options_.too_slow_for) return;
    const std::chrono::duration<double> passed = now - measured_since_;
    const bool is_slow =
        bytes >= measured_from_ &&
        static_cast<double>(bytes - measured_from_) < static_cast<double>(options_.too_slow) * passed.count();
    measured_since_ = now;
    measured_from_ = bytes;
    if (is_slow)
      throw io::error(io::errc::timed_out, fmt::format("{} {}", options_.verb, shown(job_.target)),
                      fmt::format("slower than {} a second for {}", in_words(options_.too_slow, "byte"),
                                  in_words(options_.too_slow_for)));
  }

  void check_size(std::uint64_t size) const {
    if (size <= options_.max_size) return;
    throw complaint(failure, fmt::format("{} {}: more than the {} that --max-filesize allows", options_.verb,
                                         shown(job_.target), in_words(options_.max_size, "byte")));
  }

  /// A limit for all of a transfer is one for what is written, too.
  template <class T>
  io::task<T> keep_limit(io::task<T> writing,
                         std::string_view where = "writing what came, which nobody takes") const {
    try {
      co_return co_await io::timeout_at(deadline_, std::move(writing));
    } catch (const io::error& e) {
      if (e.code() != io::errc::timed_out || io::loop::current().now() < deadline_) throw;
      throw complaint(
          timed_out,
          fmt::format("{} {}: not done within the {} that it was given ({}); allow more with -t",
                      options_.verb, shown(job_.target), in_words(options_.limits.timeout), where));
    }
  }

  http::client& client_;
  const get_options& options_;
  const get_job& job_;
  get_shared& shared_;
  transfer_record& record_;
  watcher watch_;
  const io::time_point retry_until_;
  unsigned tries_ = 0;
  io::time_point measured_since_{};  // for --speed-limit: when so many bytes had come
  std::uint64_t measured_from_ = 0;
  io::time_point deadline_ = io::never;
  const bool answers_on_terminal_;
  const bool keeps_;
  std::uint64_t there_ =
      0;  // bytes in the file that `keeps_` is for, until it is known whether that is whole
  std::unique_ptr<sink> to_;
  kept_file* kept_ = nullptr;        // `to_`, where it is one
  std::uint64_t got_ = 0;            // of the body, written to that
  file_version version_;             // of which body that is
  std::vector<byte_range> missing_;  // of it, where it comes in pieces
  bool in_pieces_ = true, tried_out_ = false;
  std::optional<sha256> digest_;  // where it is asked for; to start OpenSSL is a sixth of a small GET
  std::optional<progress::entry> line_;
};

}  // namespace

io::task<void> transfer(http::client& client, const get_options& options, const get_job& job,
                        get_shared& shared, transfer_record& record) {
  fetching all(client, options, job, shared, record);
  co_await all.run();
}

}  // namespace parlance::cli
