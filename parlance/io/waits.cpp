#include <cxxabi.h>
#include <dlfcn.h>
#include <fmt/core.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <typeinfo>

#include <parlance/io/context.hpp>
#include <parlance/io/detail/operation.hpp>
#include <parlance/io/waits.hpp>

namespace parlance::io {
namespace {

std::string name_of(const std::type_info& type) {
  int failed = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &failed), std::free);
  std::string name = demangled ? demangled.get() : type.name();
  constexpr std::string_view ours = "parlance::io::";
  if (name.starts_with(ours)) name.erase(0, ours.size());
  return name;
}

/// A coroutine's frame begins with the address of the function that resumes it, in every compiler's ABI.
std::string place_of(std::coroutine_handle<> coroutine) {
  void* const code = *static_cast<void**>(coroutine.address());
  Dl_info found{};
  if (::dladdr(code, &found) == 0) return "a coroutine";
  return fmt::format("{}+{:#x}", found.dli_fname,
                     static_cast<char*>(code) - static_cast<char*>(found.dli_fbase));
}

}  // namespace

struct wait_list {
  std::string text;

  void add(context& of) {
    of.operations_.for_each([this](operation& op) {
      const std::string subject = op.subject();
      text += fmt::format("{}{} in {}\n", name_of(typeid(op)), subject.empty() ? "" : " (" + subject + ")",
                          place_of(op.waiter_));
    });
    of.children_.for_each([this](context& child) { add(child); });
  }
  void add_all() {
    context::roots().for_each([this](context& root) { add(root); });
  }
};

std::string list_waits() {
  wait_list all;
  all.add_all();
  return all.text;
}

}  // namespace parlance::io
