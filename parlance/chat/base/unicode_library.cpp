#include <dlfcn.h>
#include <unicode/uvernum.h>

#include <stdexcept>
#include <string>
#include <type_traits>

#include <parlance/chat/base/unicode_library.hpp>

namespace parlance::chat {
namespace {

/// Of the version that this was compiled for, which is a part of all names.
constexpr const char* file = "libicui18n.so." U_ICU_VERSION_SHORT;
constexpr const char* version = U_DISABLE_RENAMING ? "" : "_" U_ICU_VERSION_SHORT;

[[noreturn]] void fail() {
  const char* const why = ::dlerror();
  throw std::runtime_error(std::string("names beyond ASCII need ICU: ") + (why ? why : file));
}

unicode_library open() {
  void* const library = ::dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (!library) fail();
  const auto find = [&](auto& into, const char* name) {
    into = reinterpret_cast<std::remove_reference_t<decltype(into)>>(
        ::dlsym(library, (std::string(name) + version).c_str()));
    if (!into) fail();
  };
  unicode_library made{};
  find(made.error_name, "u_errorName");
  find(made.type_of, "u_charType");
  find(made.property_of, "u_getIntPropertyValue");
  find(made.small, "u_tolower");
  find(made.nfc, "unorm2_getNFCInstance");
  find(made.nfd, "unorm2_getNFDInstance");
  find(made.nfkc, "unorm2_getNFKCInstance");
  find(made.normalize, "unorm2_normalize");
  find(made.raw_decomposition, "unorm2_getRawDecomposition");
  find(made.open_checker, "uspoof_open");
  find(made.close_checker, "uspoof_close");
  find(made.set_checks, "uspoof_setChecks");
  find(made.set_restriction_level, "uspoof_setRestrictionLevel");
  find(made.recommended_set, "uspoof_getRecommendedSet");
  find(made.set_allowed, "uspoof_setAllowedChars");
  find(made.check, "uspoof_check2UTF8");
  find(made.skeleton, "uspoof_getSkeletonUTF8");
  find(made.clone_set, "uset_cloneAsThawed");
  find(made.add_range, "uset_addRange");
  find(made.close_set, "uset_close");
  find(made.open_idna, "uidna_openUTS46");
  find(made.close_idna, "uidna_close");
  find(made.label_to_unicode, "uidna_labelToUnicodeUTF8");
  return made;
}

}  // namespace

const unicode_library& unicode_library::load() {
  static const unicode_library loaded = open();
  return loaded;
}

}  // namespace parlance::chat
