// ICU, which knows Unicode's tables, loaded when names beyond ASCII are to be understood, and not with the program: each
// start of each verb would pay for it. For scripts.cpp.
//
// Thread-safe.
#pragma once

#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/uset.h>
#include <unicode/uspoof.h>
#include <unicode/utypes.h>

namespace parlance::chat {

/// Its functions, under names of ours (https://unicode-org.github.io/icu-docs/apidoc/released/icu4c/).
struct unicode_library {
  decltype(&::u_errorName) error_name;
  decltype(&::u_charType) type_of;
  decltype(&::u_getIntPropertyValue) property_of;
  decltype(&::u_tolower) small;
  decltype(&::unorm2_getNFCInstance) nfc;
  decltype(&::unorm2_getNFDInstance) nfd;
  decltype(&::unorm2_getNFKCInstance) nfkc;
  decltype(&::unorm2_normalize) normalize;
  decltype(&::unorm2_getRawDecomposition) raw_decomposition;
  decltype(&::uspoof_open) open_checker;
  decltype(&::uspoof_close) close_checker;
  decltype(&::uspoof_setChecks) set_checks;
  decltype(&::uspoof_setRestrictionLevel) set_restriction_level;
  decltype(&::uspoof_getRecommendedSet) recommended_set;
  decltype(&::uspoof_setAllowedChars) set_allowed;
  decltype(&::uspoof_check2UTF8) check;
  decltype(&::uspoof_getSkeletonUTF8) skeleton;
  decltype(&::uset_cloneAsThawed) clone_set;
  decltype(&::uset_addRange) add_range;
  decltype(&::uset_close) close_set;
  decltype(&::uidna_openUTS46) open_idna;
  decltype(&::uidna_close) close_idna;
  decltype(&::uidna_labelToUnicodeUTF8) label_to_unicode;

  /// Loads it, once, until the program ends. Throws std::runtime_error: it is not installed.
  static const unicode_library& load();
};

}  // namespace parlance::chat
