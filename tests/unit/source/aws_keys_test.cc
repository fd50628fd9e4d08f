#include "source/aws_keys.h"

#include <gtest/gtest.h>

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

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

/// A home directory, and what is said of the keys there.
class AwsKeysAtHome : public testing::Test {
 protected:
  AwsKeysAtHome() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tonearm-XXXXXX").string();
    home_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(home_ + "/.aws");
    variables_["HOME"] = home_;
  }
  ~AwsKeysAtHome() override { std::filesystem::remove_all(home_); }

  void write(std::string_view text) const { std::ofstream(in_home()) << text; }
  std::string in_home() const { return home_ + "/.aws/credentials"; }
  AwsKeys found() {
    return find_aws_keys([&](const std::string& name) { return variables_[name]; });
  }
  std::string lacks(const std::string& profile) const {
    return in_home() + " has no aws_access_key_id and aws_secret_access_key in a profile [" +
           profile + "]";
  }

  std::string home_;
  std::map<std::string, std::string> variables_;
};

TEST_F(AwsKeysAtHome, NoneAreNoFaultWhereNobodySaidThatThereAreKeys) {
  EXPECT_EQ(found(), AwsKeys{});
  write("[other]\naws_access_key_id = TWO\n");
  EXPECT_EQ(found(), AwsKeys{});
  write("");
  EXPECT_EQ(found(), AwsKeys{});
}

TEST_F(AwsKeysAtHome, AreThoseOfTheProfile) {
  write(file);
  EXPECT_EQ(found(), (AwsKeys{"ONE", "s=1", ""}));
  EXPECT_FALSE(found().anonymous());
  variables_["AWS_PROFILE"] = "other";
  EXPECT_EQ(found(), (AwsKeys{"TWO", "s2", "t2"}));
}

TEST_F(AwsKeysAtHome, AFaultNamesTheFileThatCannotBeRead) {
  std::filesystem::create_directory(in_home());
  EXPECT_EQ(found().fault, "cannot read " + in_home() + ": Is a directory");
  EXPECT_TRUE(found().anonymous());
  variables_["AWS_SHARED_CREDENTIALS_FILE"] = home_ + "/none";
  EXPECT_EQ(found().fault, "cannot read " + home_ + "/none: No such file or directory");
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "secret";
  EXPECT_EQ(found().fault, "") << "the file is not wanted";
}

TEST_F(AwsKeysAtHome, AFaultNamesTheProfileThatIsNotWhole) {
  write("[default]\naws_access_key_id = ONE\n");
  EXPECT_EQ(found().fault, lacks("default"));
  EXPECT_TRUE(found().anonymous());
  write(file);
  variables_["AWS_PROFILE"] = "half";
  EXPECT_EQ(found().fault, lacks("half"));
  variables_["AWS_PROFILE"] = "none";
  EXPECT_EQ(found().fault, lacks("none"));
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
