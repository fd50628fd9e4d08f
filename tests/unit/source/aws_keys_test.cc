#include "source/aws_keys.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace tonearm::source {
namespace {

constexpr std::string_view file =
    "# a comment\n"
    "[default]\n"
    "aws_access_key_id = ONE\r\n"
    "  aws_secret_access_key=s=1\n"
    "\n"
    "[ other ]\n"
    "aws_access_key_id=TWO\n"
    "aws_secret_access_key=s2\n"
    "aws_session_token=t2\n"
    "[half]\n"
    "aws_access_key_id=THREE";

TEST(CredentialsFile, HasProfiles) {
  EXPECT_EQ(parse_credentials(file, "default"), (AwsKeys{"ONE", "s=1", ""}));
  EXPECT_EQ(parse_credentials(file, "other"), (AwsKeys{"TWO", "s2", "t2"}));
}

TEST(CredentialsFile, NeedsBothKeysOfTheProfile) {
  EXPECT_FALSE(parse_credentials(file, "half"));
  EXPECT_FALSE(parse_credentials(file, "none"));
  EXPECT_FALSE(parse_credentials("", "default"));
}

TEST(AwsKeysFound, EnvironmentThenFileThenNone) {
  const std::string path = std::filesystem::temp_directory_path() /
                           ("tonearm-credentials-" + std::to_string(::getpid()));
  std::ofstream(path) << file;
  std::map<std::string, std::string> variables{{"AWS_SHARED_CREDENTIALS_FILE", path}};
  const auto found = [&] {
    return find_aws_keys([&](const std::string& name) { return variables[name]; });
  };
  EXPECT_EQ(found().id, "ONE");
  variables["AWS_PROFILE"] = "other";
  EXPECT_EQ(found().id, "TWO");
  variables["AWS_ACCESS_KEY_ID"] = "ENV";
  EXPECT_EQ(found().id, "TWO") << "one of two is none";
  variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  variables["AWS_SESSION_TOKEN"] = "token";
  EXPECT_EQ(found(), (AwsKeys{"ENV", "secret", "token"}));
  variables["AWS_SECRET_ACCESS_KEY"] = "secret\r\n";
  EXPECT_EQ(found().secret, "secret");
  variables = {{"HOME", "/nonexistent"}};
  EXPECT_TRUE(found().anonymous());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tonearm::source
