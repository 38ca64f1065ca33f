#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <parlance/net/self_signed.hpp>

#include "net/certificates.hpp"
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

unsigned mode_of(const std::string& file) {
  struct stat about{};
  EXPECT_EQ(::stat(file.c_str(), &about), 0) << file;
  return about.st_mode & 07777U;
}

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

class self_signed : public testing::Test {
 protected:
  bool make(const std::vector<std::string>& names = {}) const { return make_self_signed(cert, key, names); }
  std::string complaint(const std::vector<std::string>& names = {}) const {
    try {
      make(names);
    } catch (const io::error& e) {
      return e.what();
    }
    return "no complaint";
  }
  std::string fingerprint() const {
    return tls_context::server({.certificates = {{.cert_file = cert, .key_file = key}}})->fingerprint();
  }

  const temporary_folder folder;
  const std::string cert = folder.path("cert.pem"), key = folder.path("key.pem");
};

TEST_F(self_signed, is_made_once_and_kept) {
  EXPECT_TRUE(make());
  const std::string first = fingerprint(), both = content(cert) + content(key);
  EXPECT_FALSE(make());
  EXPECT_EQ(fingerprint(), first);
  EXPECT_EQ(content(cert) + content(key), both);
}

TEST_F(self_signed, is_for_its_owner_alone) {
  const mode_t before = ::umask(0);
  make();
  ::umask(before);
  EXPECT_EQ(mode_of(cert), 0600U);
  EXPECT_EQ(mode_of(key), 0600U);
  EXPECT_EQ(files_in(folder.path("")), 2U) << "nothing is left beside them";
}

TEST_F(self_signed, is_for_the_names_that_it_was_made_for) {
  make({"chat.example",
        "b\xC3\xBC"
        "cher.example",
        "192.0.2.1", "2001:db8::1"});
  const auto server = tls_context::server({.certificates = {{.cert_file = cert, .key_file = key}}});
  const auto refusal = [&](const std::string& host) -> std::string {
    tls_session client(tls_context::client({.ca_file = cert}), host), peer(server, {});
    try {
      for (int flight = 0; flight < 3; ++flight) {
        if (client.handshake() == tls_session::step::done) return "";
        peer.feed(client.take_output());
        (void)peer.handshake();
        client.feed(peer.take_output());
      }
    } catch (const io::error& e) {
      return std::string(why(e));
    }
    return "unfinished";
  };
  for (const auto* host : {"chat.example",
                           "b\xC3\xBC"
                           "cher.example",
                           "192.0.2.1", "2001:db8::1"})
    EXPECT_EQ(refusal(host), "") << host;
  EXPECT_EQ(refusal("localhost"),
            "the certificate is not for localhost, but for chat.example, xn--bcher-kva.example, 192.0.2.1, "
            "2001:db8::1");
}

TEST_F(self_signed, is_good_for_years) {
  make();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(cert.c_str(), "r"), std::fclose);
  const certificate made(PEM_read_X509(in.get(), nullptr, nullptr, nullptr));
  ASSERT_TRUE(made);
  std::time_t in_nine_years = std::time(nullptr) + 9L * 365 * 24 * 3600;
  EXPECT_GT(X509_cmp_time(X509_get0_notAfter(made.get()), &in_nine_years), 0);
  EXPECT_LT(X509_cmp_current_time(X509_get0_notBefore(made.get())), 0);
}

TEST_F(self_signed, takes_a_key_that_is_there) {
  make();
  const std::string kept = content(key);
  std::filesystem::remove(cert);
  EXPECT_TRUE(make());
  EXPECT_EQ(content(key), kept);
  EXPECT_NE(fingerprint(), "");
}

TEST_F(self_signed, is_not_made_over_what_is_there) {
  make();
  std::filesystem::remove(key);
  EXPECT_EQ(complaint(), "use the certificate " + cert + ": its key " + key + " is not there");
  std::filesystem::remove(cert);
  std::ofstream(key) << "no key\n";
  EXPECT_TRUE(complaint().starts_with("read the key " + key + ": ")) << complaint();
  EXPECT_EQ(content(key), "no key\n");
  EXPECT_FALSE(std::filesystem::exists(cert));
}

TEST_F(self_signed, names_the_file_that_cannot_be_written) {
  try {
    make_self_signed(folder.path("none/cert.pem"), folder.path("none/key.pem"));
    FAIL();
  } catch (const io::error& e) {
    EXPECT_EQ(e.what(), "write " + folder.path("none/key.pem") + ": no such file or directory");
  }
}

TEST_F(self_signed, does_not_replace_what_is_in_its_place) {
  std::filesystem::create_symlink("nowhere", key);
  EXPECT_EQ(complaint(), "write " + key + ": file exists");
  EXPECT_EQ(std::filesystem::read_symlink(key), "nowhere");
  EXPECT_EQ(files_in(folder.path("")), 1U);
}

TEST_F(self_signed, refuses_what_is_no_name) {
  EXPECT_EQ(complaint({""}), "make a certificate: \"\" is no name for a certificate");
  EXPECT_EQ(complaint({"two words"}), "make a certificate: \"two words\" is no name for a certificate");
  EXPECT_EQ(files_in(folder.path("")), 0U);
}

}  // namespace
}  // namespace parlance::net::test
