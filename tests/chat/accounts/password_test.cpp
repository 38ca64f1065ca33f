#include <gtest/gtest.h>

#include <set>
#include <string>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/net/base64.hpp>

using namespace parlance::chat;

TEST(password, verifies_the_one_that_was_hashed_and_no_other) {
  const std::string hash = hash_password("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$"));
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "correct horsf"));
  EXPECT_FALSE(verify_password(hash, ""));
  EXPECT_FALSE(needs_rehash(hash));
}

TEST(password, verifies_nothing_against_what_is_no_hash) {
  for (const auto* hash : {"", "secret", "$argon2id$v=19$m=65536,t=2,p=1$", "$2y$10$abc"}) {
    EXPECT_FALSE(verify_password(hash, "secret")) << hash;
    EXPECT_TRUE(needs_rehash(hash)) << hash;
  }
  EXPECT_FALSE(verify_password(std::string(1000, '$'), "secret"));
}

TEST(password, wants_a_hash_of_other_limits_made_anew) {
  EXPECT_TRUE(
      needs_rehash("$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
                   "4vVuOhBSSJuCeOFLEzjkkBtx1fK5sAGEHzi9Sy7lQ5Y"));
}

TEST(password, is_text_without_controls) {
  EXPECT_TRUE(is_password("pass w\u00f6rd"));
  EXPECT_TRUE(is_password(std::string(max_password, 'x')));
  EXPECT_FALSE(is_password(std::string(max_password + 1, 'x')));
  for (const auto* text : {"", "a\tb", "a\x7f", "\xff"}) EXPECT_FALSE(is_password(text));
}

// RFC 4013, section 3.
TEST(password, has_one_form_however_it_is_written) {
  EXPECT_EQ(prepare_password("I\u00adX"), "IX");
  EXPECT_EQ(prepare_password("user"), "user");
  EXPECT_EQ(prepare_password("USER"), "USER");
  EXPECT_EQ(prepare_password("\u00aa"), "a");
  EXPECT_EQ(prepare_password("\u2168"), "IX");
  EXPECT_EQ(prepare_password("\x07"), std::nullopt);
  EXPECT_EQ(prepare_password("\u0627\u0031"), std::nullopt);
  EXPECT_EQ(prepare_password("a\u00a0b"), "a b");
  EXPECT_EQ(prepare_password("\U0001f600"), "\U0001f600");
  EXPECT_FALSE(is_password("\u00ad"));
  const std::string hash = hash_password("p\u00e4ss");
  EXPECT_TRUE(verify_password(hash, "pa\u0308ss"));
  EXPECT_FALSE(verify_password(hash, "pass"));
  EXPECT_FALSE(verify_password(hash, "\u0627\u0031"));
  EXPECT_EQ(derive_scram("p\u00e4ss", "salt", 4096), derive_scram("pa\u0308ss", "salt", 4096));
}

TEST(scram_credentials, are_those_of_rfc_7677) {
  // Section 3: user "user", password "pencil". The keys follow from the proof and signature that it gives.
  const auto salt = base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==");
  const auto made = derive_scram("pencil", *salt, 4096);
  EXPECT_EQ(made.text(),
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
            "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

TEST(scram_credentials, come_back_from_their_text) {
  const auto made = derive_scram("pencil");
  EXPECT_EQ(scram_credentials::parse(made.text()), made);
  EXPECT_GE(made.iterations, min_scram_iterations);
  EXPECT_NE(derive_scram("pencil").salt, made.salt);
}

TEST(scram_credentials, are_not_read_from_any_other_text) {
  const std::string key = parlance::net::base64_encode(std::string(32, 'k'));
  EXPECT_TRUE(scram_credentials::parse("SCRAM-SHA-256$4096:c2FsdA==$" + key + ":" + key));
  for (const auto& text :
       {std::string(), "SCRAM-SHA-1$4096:c2FsdA==$" + key + ":" + key,
        "SCRAM-SHA-256$4095:c2FsdA==$" + key + ":" + key, "SCRAM-SHA-256$-4096:c2FsdA==$" + key + ":" + key,
        "SCRAM-SHA-256$4096x:c2FsdA==$" + key + ":" + key,
        "SCRAM-SHA-256$9999999:c2FsdA==$" + key + ":" + key, "SCRAM-SHA-256$4096:$" + key + ":" + key,
        "SCRAM-SHA-256$4096:c2FsdA$" + key + ":" + key, "SCRAM-SHA-256$4096:c2FsdA==$" + key,
        "SCRAM-SHA-256$4096:c2FsdA==$" + key + ":c2FsdA==",
        "SCRAM-SHA-256$4096:c2FsdA==$" + key + ":" + key + " "})
    EXPECT_FALSE(scram_credentials::parse(text)) << text;
}

TEST(scram_credentials, are_made_up_the_same_for_the_same_name_only) {
  const auto salt = [](std::string_view secret, std::string_view name) {
    return mock_scram(secret, name).salt;
  };
  EXPECT_EQ(salt("secret", "alice"), salt("secret", "ALICE"));
  EXPECT_NE(salt("secret", "alice"), salt("secret", "bob"));
  EXPECT_NE(salt("secret", "alice"), salt("other", "alice"));
  const auto real = derive_scram("pencil"), mock = mock_scram("secret", "alice");
  EXPECT_EQ(mock.salt.size(), real.salt.size());
  EXPECT_EQ(mock.iterations, real.iterations);
}

TEST(random_token, is_never_the_same_and_fit_for_a_url) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_token());
  EXPECT_EQ(seen.size(), 100U);
  for (const auto& token : seen) {
    EXPECT_EQ(token.size(), 24U);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
  }
}

TEST(base64, is_that_of_rfc_4648) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(parlance::net::base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(base64, is_read_strictly) {
  for (const auto* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "====", "=", "Zm9v\n", "Zm 9v", "Zm9v!",
                           "__4=", "Zg==Zg==", "Zm9vZg=\n", "\x81\x81\x81\x81"})
    EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(base64, knows_its_64_characters_and_no_other) {
  constexpr std::string_view own = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int c = 0; c < 256; ++c) {
    const std::string text{static_cast<char>(c), 'A', 'A', 'A'};
    EXPECT_EQ(base64_decode(text).has_value(), own.find(text[0]) != std::string_view::npos) << c;
  }
}
