// What a picture of a conversation is made of.
#pragma once

#include <cstdint>
#include <string>

#include <parlance/io/time.hpp>

namespace parlance::cli {

struct trace_row {
  enum class kind : unsigned char {
    head,      ///< a connection begins, or goes on after another: `label` is its number and way
    note,      ///< something that is said of no end in particular
    outgoing,  ///< from this end to the other
    incoming,
  };
  kind what = kind::note;
  /// What it carries: TCP's own, bytes, or a message inside of TLS.
  enum class layer : unsigned char { tcp, data, inside } of = layer::tcp;
  /// Since the trace began.
  io::duration at{};
  /// In plain characters, fit for a terminal.
  std::string label = {};
  /// The states of both ends afterwards, as RFC 9293, section 3.3.2, calls them; of a head: who they are.
  std::string here = {}, there = {};
  /// A reset, or a failure.
  bool broken = false;
};

}  // namespace parlance::cli
