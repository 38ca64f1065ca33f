// Who wants to know when a name comes into the chat, leaves it, or changes (IRC: MONITOR). A name can be
// watched while nobody has it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/person.hpp>

namespace parlance::chat {

/// Is told. Must not change the watches from within these calls.
class watcher {
 public:
  virtual void came(const person& who) = 0;
  /// `nick` as it was written last.
  virtual void gone(std::string_view nick) = 0;
  /// It is away, back, logged in or out, or has another host or real name.
  virtual void changed(const person& who, const event& what) = 0;

 protected:
  ~watcher() = default;
};

class watches {
 public:
  /// A watcher must be removed, name by name, before it ends.
  void add(std::string_view name, watcher& by);
  void remove(std::string_view name, watcher& by) noexcept;

  void came(const person& who) const;
  void gone(std::string_view nick) const;
  void changed(const person& who, const event& what) const;

 private:
  const std::vector<watcher*>* of(std::string_view name) const;

  std::unordered_map<std::string, std::vector<watcher*>> by_name_;  // folded
};

}  // namespace parlance::chat
