#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <parlance/chat/accounts/push_encryption.hpp>
#include <parlance/chat/base/base64.hpp>

namespace parlance::chat {
namespace {

std::string raw(std::string_view text) { return base64url_decode(text).value(); }

/// RFC 8291, section 5 and appendix A.
const push_keys browser{
    .p256dh = raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
    .auth = raw("BTBZMqHH6r4Tts7J_aSIgg")};

TEST(push_encryption, is_as_the_standard_has_it) {
  EXPECT_EQ(base64url_encode(encrypt_push(browser, "When I grow up, I want to be a watermelon",
                                          raw("DGv6ra1nlYgDCS1FRnbzlw"),
                                          raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_"
            "c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6P"
            "Bru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(push_encryption, is_another_one_each_time_and_no_longer_than_services_take) {
  EXPECT_NE(encrypt_push(browser, "hello"), encrypt_push(browser, "hello"));
  EXPECT_LE(encrypt_push(browser, std::string(most_push_text, 'x')).size(), 4096U);
  EXPECT_THROW(encrypt_push(browser, std::string(most_push_text + 1, 'x')), std::runtime_error);
}

TEST(push_encryption, is_for_points_of_the_curve_alone) {
  EXPECT_TRUE(are_push_keys(browser));
  push_keys other = browser;
  other.p256dh[20] ^= 1;
  EXPECT_FALSE(are_push_keys(other));
  EXPECT_THROW(encrypt_push(other, "x"), std::runtime_error);
  EXPECT_FALSE(are_push_keys({.p256dh = browser.p256dh.substr(1), .auth = browser.auth}));
  EXPECT_FALSE(are_push_keys({.p256dh = browser.p256dh, .auth = browser.auth.substr(1)}));
  EXPECT_FALSE(are_push_keys({.p256dh = std::string("\0", 1), .auth = browser.auth}));
}

TEST(vapid_key, is_the_same_for_the_same_secret) {
  EXPECT_EQ(vapid_key("one").public_key(), vapid_key("one").public_key());
  EXPECT_NE(vapid_key("one").public_key(), vapid_key("two").public_key());
  EXPECT_EQ(raw(vapid_key("one").public_key()).size(), 65U);
}

}  // namespace
}  // namespace parlance::chat
