#include "app/logging.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <string>

namespace tonearm::app {
namespace {

TEST(OneLineLog, ControlCharactersAreEscaped) {
  start_logging("info");
  testing::internal::CaptureStderr();
  spdlog::warn("a song\n2026-01-01 error forged\x1b[31m\t\x7f \xC3\xA9");
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      logged.find(" warning a song\\x0a2026-01-01 error forged\\x1b[31m\\x09\\x7f \xC3\xA9\n"),
      std::string::npos)
      << logged;
  EXPECT_EQ(logged.find('\n'), logged.size() - 1);
}

}  // namespace
}  // namespace tonearm::app
