// One script of socket calls, three backends, and each answers the same: io_uring, epoll and the simulation.
// What is expected is written down, so that all three being wrong is seen, too.
#include "io/conformance.hpp"

namespace parlance::io {
namespace {
using namespace test;

struct script {
  const char* name;
  const char* text;
};

void PrintTo(const script& s, std::ostream* out) { *out << s.name; }

std::string name_of_script(const testing::TestParamInfo<script>& tested) { return tested.param.name; }

std::string played(const std::string& backend, std::string_view text) {
  const watchdog patience;
  const loop here({.backend = backend});
  player each;
  return wait(each.play(text), 20s);  // what hangs is seen by where it was
}

// --- connecting

const script connecting[] = {
    {"tcp", R"(
       listen L tcp 1
       socket a tcp
       a connect L
       L accept b
       a send hello
       b recv -> hello
       a connect L -> transport endpoint is already connected
     )"},
    {"unix", R"(
       listen L unix 1
       socket a unix
       a connect L
       a send hello
       L accept b
       b recv -> hello
       a connect L -> transport endpoint is already connected
     )"},
    {"refused_by_tcp", R"(
       listen L tcp 1
       L close
       socket a tcp
       a connect L -> connection refused
       a recv -> the end
       a send x -> broken pipe
     )"},
    {"refused_by_unix", R"(
       listen L unix 1
       L close
       socket a unix
       a recv -> invalid argument
       a connect L -> connection refused
       a recv -> invalid argument
     )"},
    {"tcp_goes_on_with_a_call_that_was_timed_out", R"(
       listen L tcp 0
       listen M tcp 8
       socket a tcp
       socket b tcp
       a connect L
       within 20 b connect L -> timed out
       b connect M -> operation already in progress
       b connect L -> operation already in progress
       L accept c
       b connect M -> operation already in progress
       L accept d
       b connect M -> operation already in progress
       b send hello
       d recv -> hello
     )"},
    {"tcp_goes_on_with_a_call_that_was_destroyed", R"(
       listen L tcp 0
       listen M tcp 8
       socket a tcp
       socket b tcp
       a connect L
       calling = b connect L
       calling waits
       calling destroy
       b connect M -> operation already in progress
     )"},
    {"unix_waits_while_the_backlog_is_full", R"(
       listen L unix 0
       socket a unix
       socket b unix
       a connect L
       calling = b connect L
       calling waits
       L accept c
       calling ends
       b send hello
       L accept d
       d recv -> hello
     )"},
    {"unix_at_a_full_backlog_is_cancelled", R"(
       listen L unix 0
       socket a unix
       socket b unix
       a connect L
       calling = b connect L
       calling waits
       calling cancel
       calling ends -> cancelled
       L accept c
       b connect L
       L accept d
       b send hello
       d recv -> hello
     )"},
    {"unix_at_a_full_backlog_is_timed_out", R"(
       listen L unix 0
       socket a unix
       socket b unix
       a connect L
       within 20 b connect L -> timed out
       b limit_write 20
       b connect L -> timed out
       L accept c
       b connect L
     )"},
    {"unix_at_a_full_backlog_is_destroyed", R"(
       listen L unix 0
       socket a unix
       socket b unix
       a connect L
       calling = b connect L
       calling waits
       calling destroy
       L accept c
       b connect L
       L accept d
       b send hello
       d recv -> hello
     )"},
    {"unix_at_a_full_backlog_is_closed", R"(
       listen L unix 0
       socket a unix
       socket b unix
       a connect L
       calling = b connect L
       calling waits
       b close
       calling ends -> cancelled
     )"},
    {"unix_at_a_full_backlog_is_refused_when_the_listener_goes", R"(
       listen L unix 0
       socket a unix
       socket b unix
       a connect L
       calling = b connect L
       calling waits
       L close
       calling ends -> connection refused
     )"},
    {"tcp_waits_while_the_backlog_is_full", R"(
       listen L tcp 0
       socket a tcp
       socket b tcp
       a connect L
       calling = b connect L
       calling waits
       calling cancel
       calling ends -> cancelled
     )"},
    {"a_backlog_below_zero_is_as_long_as_may_be", R"(
       listen L unix -1
       listen M tcp -1
       socket a unix
       socket b unix
       socket c tcp
       socket d tcp
       a connect L
       b connect L
       c connect M
       d connect M
     )"},
    {"a_name_in_use", R"(
       listen L unix 1
       socket a unix
       a bind L -> address already in use
       listen M tcp 1
       socket b tcp
       b bind M -> address already in use
     )"},
    {"callers_whom_nobody_accepted", R"(
       listen L tcp 8
       socket a tcp
       socket b tcp
       a connect L
       b connect L
       b send hello
       waiting = a recv
       L close
       waiting ends -> connection reset by peer
       b hears_reset
       b recv -> connection reset by peer
     )"},
    {"unix_callers_whom_nobody_accepted", R"(
       listen L unix 8
       socket a unix
       socket b unix
       a connect L
       b connect L
       b send hello
       waiting = a recv
       L close
       waiting ends -> connection reset by peer
       b hears_reset
       b recv -> connection reset by peer
     )"},
    {"callers_whom_nobody_accepted_after_one_who_was", R"(
       listen L tcp 8
       socket a tcp
       socket b tcp
       a connect L
       L accept c
       b connect L
       L close
       b hears_reset
       b recv -> connection reset by peer
       a send hello
       c recv -> hello
     )"},
    {"unix_callers_whom_nobody_accepted_after_one_who_was", R"(
       listen L unix 8
       socket a unix
       socket b unix
       a connect L
       L accept c
       b connect L
       L close
       b hears_reset
       b recv -> connection reset by peer
       a send hello
       c recv -> hello
     )"},
    {"unix_callers_whom_nobody_accepted_after_an_accept_that_was_called_off", R"(
       listen L unix 8
       waiting = L accept c
       waiting waits
       waiting cancel
       waiting ends -> cancelled
       socket a unix
       a connect L
       L close
       a hears_reset
       a recv -> connection reset by peer
     )"},
    {"an_accept_ends_with_its_listener", R"(
       listen L tcp 1
       waiting = L accept b
       L close
       waiting ends -> cancelled
     )"},
    {"two_accepts_at_once", R"(
       listen L tcp 1
       waiting = L accept b
       L accept c -> operation already in progress
       socket a tcp
       a connect L
       waiting ends
     )"},
    {"accepting_without_listening", R"(
       listener a tcp
       a accept b -> invalid argument
     )"},
};

// --- bytes and ends

const script talking[] = {
    {"in_pieces", R"(
       tcp a b
       a send one
       a send two
       a send empty
       a send three
       b recv 11 -> onetwothree
       b send back
       a recv 4 -> back
     )"},
    {"an_empty_send_sends_nothing", R"(
       tcp a b
       waiting = b recv
       a send empty
       waiting waits
       a send x
       waiting ends -> x
     )"},
    {"an_empty_send_on_what_is_over_is_no_error", R"(
       tcp a b
       a shutdown write
       a send empty
       a send x -> broken pipe
     )"},
    {"big_sends_wait_for_the_reader", R"(
       tcp a b
       sending = a send big
       sending waits
       b recv 20000000 -> 20000000 bytes
       sending ends
     )"},
    {"big_sends_wait_for_the_reader_of_a_unix_socket", R"(
       unix a b
       sending = a send big
       sending waits
       b recv 20000000 -> 20000000 bytes
       sending ends
     )"},
    {"half_close", R"(
       tcp a b
       a send last
       a shutdown write
       b recv 4 -> last
       b recv -> the end
       b recv -> the end
       b recv -> the end
       a send x -> broken pipe
       b send answer
       a recv -> answer
       b shutdown write
       a recv -> the end
       a recv -> the end
     )"},
    {"half_close_of_a_unix_socket", R"(
       unix a b
       a send last
       a shutdown write
       b recv 4 -> last
       b recv -> the end
       b recv -> the end
       a send x -> broken pipe
       b send answer
       a recv -> answer
       b shutdown write
       a recv -> the end
     )"},
    {"half_close_of_the_reading_side", R"(
       tcp a b
       waiting = a recv
       a shutdown read
       waiting ends -> the end
       a recv -> the end
       a send x
       b recv -> x
     )"},
    {"half_close_while_a_recv_waits", R"(
       pair a b
       waiting = b recv
       waiting waits
       a shutdown write
       waiting ends -> the end
       b send answer
       a recv -> answer
     )"},
    {"half_close_both_ways_and_close", R"(
       tcp a b
       a shutdown write
       b shutdown write
       a recv -> the end
       b recv -> the end
       a close
       b recv -> the end
     )"},
    {"a_close_comes_after_the_bytes", R"(
       tcp a b
       a send last
       a close
       b recv 4 -> last
       b recv -> the end
       b recv -> the end
     )"},
    {"a_close_with_unread_bytes_resets", R"(
       tcp a b
       b send unread
       a hears
       a close
       b hears_reset
       b recv -> connection reset by peer
       b recv -> connection reset by peer
     )"},
    {"a_close_with_unread_bytes_resets_after_others_were_read", R"(
       tcp a b
       b send one
       a recv -> one
       b send two
       waiting = b recv
       waiting waits
       a close
       waiting ends -> connection reset by peer
     )"},
    {"a_close_with_unread_bytes_resets_a_unix_socket", R"(
       unix a b
       b send unread
       a hears
       a close
       b hears_reset
       b recv -> connection reset by peer
     )"},
    {"a_close_with_unread_bytes_comes_after_those_that_were_sent", R"(
       tcp a b
       a send last
       b hears
       b recv 4 -> last
       b send unread
       a hears
       a close
       b hears_reset
       b recv -> connection reset by peer
     )"},
    {"bytes_for_a_peer_that_has_gone", R"(
       tcp a b
       a close
       b hears_end
       b send x
       b hears_reset
       b send y -> broken pipe
     )"},
    {"bytes_for_a_peer_that_has_gone_are_cancelled_too_late", R"(
       tcp a b
       a close
       b hears_end
       b send x
       b hears_reset
       sending = b send y
       sending cancel
       sending ends -> broken pipe
     )"},
    {"bytes_for_a_unix_peer_that_has_gone", R"(
       unix a b
       a close
       b hears_end
       b send x -> broken pipe
       b recv -> the end
     )"},
    {"an_abort_resets_the_reader", R"(
       tcp a b
       waiting = b recv
       waiting waits
       a abort
       a close
       waiting ends -> connection reset by peer
       b recv -> connection reset by peer
     )"},
    {"an_abort_resets_the_writer", R"(
       tcp a b
       sending = b send big
       sending waits
       a abort
       a close
       sending ends -> connection reset by peer
       b send x -> connection reset by peer
     )"},
    {"a_writer_meets_the_reset_first", R"(
       tcp a b
       a abort
       a close
       b hears_reset
       b send x -> connection reset by peer
       b recv -> connection reset by peer
       b recv -> connection reset by peer
       b send x -> connection reset by peer
     )"},
    {"a_reader_meets_the_reset_first", R"(
       tcp a b
       a abort
       a close
       b hears_reset
       b recv -> connection reset by peer
       b send x -> connection reset by peer
       b recv -> connection reset by peer
     )"},
    {"an_abort_ends_what_waits", R"(
       tcp a b
       reading = a recv
       sending = a send big
       queued = a send x
       sending waits
       a abort
       reading ends -> software caused connection abort
       sending ends -> software caused connection abort
       queued ends -> software caused connection abort
     )"},
    {"a_close_ends_what_waits", R"(
       tcp a b
       reading = a recv
       sending = a send big
       queued = a send x
       sending waits
       a close
       reading ends -> cancelled
       sending ends -> cancelled
       queued ends -> cancelled
     )"},
    {"a_peer_that_vanishes_while_both_wait", R"(
       tcp a b
       reading = b recv
       sending = b send big
       sending waits
       a abort
       a close
       sending ends -> connection reset by peer
       reading ends -> connection reset by peer
     )"},
    {"two_recvs_at_once", R"(
       tcp a b
       waiting = b recv
       b recv -> operation already in progress
       a send x
       waiting ends -> x
     )"},
    {"a_send_in_the_middle_of_a_queue_is_cancelled", R"(
       tcp a b
       first = a send big
       second = a send never
       third = a send last
       second waits
       second cancel
       second ends -> cancelled
       b recv 20000000 -> 20000000 bytes
       first ends
       third ends
       b recv 4 -> last
     )"},
    {"a_send_in_the_middle_of_a_queue_is_destroyed", R"(
       tcp a b
       first = a send big
       second = a send never
       third = a send last
       second destroy
       b recv 20000000 -> 20000000 bytes
       first ends
       third ends
       b recv 4 -> last
     )"},
    {"a_socket_that_is_not_connected", R"(
       socket a tcp
       a recv -> transport endpoint is not connected
       a send x -> broken pipe
       socket b unix
       b recv -> invalid argument
       b send x -> transport endpoint is not connected
     )"},
};

// --- datagrams

const script datagrams[] = {
    {"empty_and_cut", R"(
       socket a udp
       socket b udp
       a sendto b empty
       b recvfrom -> empty from a
       a sendto b hello
       b recvfrom 3 -> hel, cut, from a
       a sendto b hello
       b recvfrom 5 -> hello from a
       a sendto b hello
       b recvfrom 0 -> empty, cut, from a
     )"},
    {"empty_and_cut_over_unix", R"(
       socket a unix_datagrams
       socket b unix_datagrams
       a sendto b empty
       b recvfrom -> empty from a
       a sendto b hello
       b recvfrom 3 -> hel, cut, from a
     )"},
    {"to_nobody", R"(
       socket a udp
       socket b udp
       b close
       a sendto b hello
       a sendto b hello
       a connect b
       a sendto b hello
       a hears_reset
       a recvfrom -> connection refused
       a sendto b hello
       a hears_reset
       a sendto b hello -> connection refused
       a sendto b hello
     )"},
    {"to_nobody_while_a_receive_waits", R"(
       socket a udp
       socket b udp
       b close
       a connect b
       waiting = a recvfrom
       waiting waits
       a sendto b hello
       waiting ends -> connection refused
     )"},
    {"to_nobody_over_unix", R"(
       socket a unix_datagrams
       socket b unix_datagrams
       b close
       a sendto b hello -> connection refused
       a connect b -> connection refused
     )"},
    {"too_long", R"(
       socket a udp
       socket b udp
       a sendto b huge -> message too long
     )"},
    {"to_a_full_peer_wait", R"(
       socket a unix_datagrams
       socket b unix_datagrams
       a fill b
       sending = a sendto b last
       sending waits
       b recvfrom 1 -> f, cut, from a
       b recvfrom 1 -> f, cut, from a
       sending ends
     )"},
    {"to_a_full_peer_that_is_connected_wait", R"(
       socket a unix_datagrams
       socket b unix_datagrams
       a connect b
       a fill b
       sending = a sendto b last
       sending waits
       b recvfrom 1 -> f, cut, from a
       b recvfrom 1 -> f, cut, from a
       sending ends
     )"},
    {"to_a_full_peer_that_goes", R"(
       socket a unix_datagrams
       socket b unix_datagrams
       a fill b
       sending = a sendto b last
       sending waits
       b close
       sending ends -> connection refused
     )"},
    {"two_receives_at_once", R"(
       socket a udp
       socket b udp
       waiting = b recvfrom
       b recvfrom -> operation already in progress
       a sendto b hello
       waiting ends -> hello from a
     )"},
};

// --- what only a kernel has

const script kernels_only[] = {
    {"urgent_bytes_are_passed_over", R"(
       tcp a b
       a send before
       a urgent !
       a send after
       b recv 11 -> beforeafter
       a urgent !
       a close
       b recv -> the end
     )"},
    {"passed_descriptors_are_closed", R"(
       unix a b
       a send before
       a pass x
       a send after
       b recv 12 -> beforexafter
       a pass y
       a close
       b recv -> y
       b recv -> the end
     )"},
    {"urgent_bytes_wake_nobody", R"(
       tcp a b
       waiting = b recv
       a urgent !
       waiting waits
       a send x
       waiting ends -> x
     )"},
};

// --- each operation, at each point

struct operation_in_a_script {
  const char* name;
  const char* before;      // lets it wait
  const char* call;        // the operation
  const char* answer;      // with the arrow, when it has succeeded
  const char* completes;   // lets it succeed
  const char* afterwards;  // shows that nothing was lost, after it was cut
};

const operation_in_a_script operations[] = {
    {"recv", "tcp a b\n", "b recv", " -> x", "a send x\n", "a send x\n b recv -> x\n"},
    {"accept", "listen L tcp 8\n socket a tcp\n", "L accept b", "", "a connect L\n",
     "a connect L\n L accept b\n a send x\n b recv -> x\n"},
    {"recv_from", "socket a udp\n socket b udp\n", "b recvfrom", " -> x from a", "a sendto b x\n",
     "a sendto b x\n b recvfrom -> x from a\n"},
    {"send", "tcp a b\n filler = a send big\n", "a send x", "",
     "b recv 20000000 -> 20000000 bytes\n filler ends\n",
     "b recv 20000000 -> 20000000 bytes\n filler ends\n a send y\n b recv -> y\n"},
    {"connect", "listen L unix 0\n socket a unix\n socket b unix\n a connect L\n", "b connect L", "",
     "L accept c\n", "L accept c\n b connect L\n L accept d\n b send x\n d recv -> x\n"},
    {"send_to", "socket a unix_datagrams\n socket b unix_datagrams\n a fill b\n", "a sendto b x", "",
     "b recvfrom 1 -> f, cut, from a\n b recvfrom 1 -> f, cut, from a\n",
     "b recvfrom 1 -> f, cut, from a\n b recvfrom 1 -> f, cut, from a\n a sendto b y\n"},
};

class operations_that_are_cut : public testing::TestWithParam<operation_in_a_script> {
 protected:
  /// Plays it on every backend, with OP for the call.
  void expect(const std::string& middle) {
    const operation_in_a_script& op = GetParam();
    std::string text = op.before + middle;
    for (std::size_t at; (at = text.find("OP")) != std::string::npos;) text.replace(at, 2, op.call);
    for (const std::string& backend : every_backend())
      EXPECT_EQ(played(backend, text), player::plain(text)) << "on " << backend;
  }
};

void PrintTo(const operation_in_a_script& op, std::ostream* out) { *out << op.name; }
INSTANTIATE_TEST_SUITE_P(of, operations_that_are_cut, testing::ValuesIn(operations),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(operations_that_are_cut, before_they_start) {
  expect("cancelled OP -> cancelled\n within 0 OP -> timed out\n" + std::string(GetParam().afterwards));
}

TEST_P(operations_that_are_cut, while_they_wait) {
  expect("job = OP\n job waits\n job cancel\n job ends -> cancelled\n" + std::string(GetParam().afterwards));
}

TEST_P(operations_that_are_cut, by_a_deadline) {
  expect("within 20 OP -> timed out\n" + std::string(GetParam().afterwards));
}

TEST_P(operations_that_are_cut, by_destruction) {
  expect("job = OP\n job waits\n job destroy\n" + std::string(GetParam().afterwards));
}

TEST_P(operations_that_are_cut, by_destruction_before_the_kernel_has_heard_of_them) {
  expect("job = OP\n job destroy\n" + std::string(GetParam().afterwards));
}

TEST_P(operations_that_are_cut, by_their_own_context_before_the_kernel_has_heard_of_them) {
  expect("job = OP\n job cancel\n job ends -> cancelled\n" + std::string(GetParam().afterwards));
}

TEST_P(operations_that_are_cut, too_late) {
  expect("job = OP\n" + std::string(GetParam().completes) + "job ends" + GetParam().answer +
         "\n job cancel\n");
}

// --- all of them

class conformance : public testing::TestWithParam<script> {};

TEST_P(conformance, of_every_backend) {
  for (const std::string& backend : every_backend())
    EXPECT_EQ(played(backend, GetParam().text), player::plain(GetParam().text)) << "on " << backend;
}

INSTANTIATE_TEST_SUITE_P(connecting, conformance, testing::ValuesIn(connecting), name_of_script);
INSTANTIATE_TEST_SUITE_P(talking, conformance, testing::ValuesIn(talking), name_of_script);
INSTANTIATE_TEST_SUITE_P(datagrams, conformance, testing::ValuesIn(datagrams), name_of_script);

class conformance_of_kernels : public testing::TestWithParam<script> {};

TEST_P(conformance_of_kernels, of_both) {
  for (const std::string& backend : real_backends())
    EXPECT_EQ(played(backend, GetParam().text), player::plain(GetParam().text)) << "on " << backend;
}

INSTANTIATE_TEST_SUITE_P(where, conformance_of_kernels, testing::ValuesIn(kernels_only), name_of_script);

}  // namespace
}  // namespace parlance::io
