#include "app/media_files.h"

#include "unit/app/app_fixture.h"

#include <gmock/gmock.h>

#include <sys/wait.h>
#include <unistd.h>

namespace tonearm::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class MediaFiles : public InDirectory {
 protected:
  MediaFiles() { directory_ = fs::canonical(directory_); }

  MediaFinder finder() {
    const auto complain = [this](const std::string& path, const std::string& why) {
      complaints_.push_back(without_directory(path) + ": " + why);
    };
    return {directory_, complain, [this] { return looks_left_-- <= 0; }};
  }
  /// The locators of what is found below these.
  std::vector<std::string> found(const std::vector<fs::path>& paths) {
    MediaFinder one = finder();
    for (const fs::path& path : paths) one.add(path);
    std::vector<std::string> locators;
    for (const MediaFile& file : one.take()) locators.push_back(file.locator);
    return locators;
  }

  std::vector<std::string> complaints_;
  int looks_left_ = 1000;
};

TEST_F(MediaFiles, AFileThatIsReachedBySeveralWaysIsFoundOnce) {
  const auto file = write("d/a.mp3", "x");
  fs::create_symlink("d/a.mp3", directory_ / "link.mp3");
  EXPECT_THAT(found({file, file, directory_ / "link.mp3", directory_, directory_ / "d"}),
              ElementsAre("file:d/a.mp3"));
  EXPECT_THAT(complaints_, IsEmpty());
}

TEST_F(MediaFiles, ADirectoryDeeperThanAnyPathIsTold) {
  // Made by names relative to the last one, since no path is as long as all of them.
  const fs::path name(std::string(250, 'd'));
  const fs::path before = fs::current_path();
  fs::current_path(directory_);
  for (int i = 0; i < 20; ++i) {
    fs::create_directory(name);
    fs::current_path(name);
  }
  std::ofstream("a.mp3") << "x";
  fs::current_path(before);
  EXPECT_THAT(found({directory_}), IsEmpty());
  EXPECT_THAT(complaints_, ElementsAre(testing::EndsWith(": File name too long")));
}

TEST_F(MediaFiles, ALinkThatLeadsOutOfTheRootIsToldAndNotFollowed) {
  write("root/d/a.mp3", "x");
  write("outside/b.mp3", "x");
  write("outside/c.mp3", "x");
  fs::create_symlink("d", directory_ / "root/inside");
  fs::create_symlink("../outside", directory_ / "root/link");
  fs::create_symlink("..", directory_ / "root/up");
  directory_ /= "root";
  EXPECT_THAT(found({directory_}), ElementsAre("file:d/a.mp3"));
  EXPECT_THAT(complaints_, ElementsAre(testing::StartsWith("link: lies outside of files.root ("),
                                       testing::StartsWith("up: lies outside of files.root (")));
  directory_ = directory_.parent_path();
}

TEST_F(MediaFiles, ALinkToNowhereIsToldOnlyWhereItIsCalledASong) {
  fs::create_symlink("nowhere", directory_ / "notes");
  fs::create_symlink("circle", directory_ / "circle");
  fs::create_symlink("nowhere", directory_ / "song.mp3");
  EXPECT_THAT(found({directory_}), IsEmpty());
  EXPECT_THAT(complaints_, ElementsAre("song.mp3: No such file or directory"));
}

TEST_F(MediaFiles, WhatCannotBeLookedAtIsTold) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  write("d/inner/a.mp3", "x");
  fs::permissions(directory_, fs::perms(0755));
  fs::permissions(directory_ / "d", fs::perms(0744));  // its names, and no more
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr unsigned nobody = 65534;
    const bool became =
        ::setresgid(nobody, nobody, nobody) == 0 && ::setresuid(nobody, nobody, nobody) == 0;
    found({directory_});
    const bool told = complaints_ == std::vector<std::string>{"d/inner: Permission denied"};
    ::_exit(became && told ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(MediaFiles, StopsWhereItIsToldTo) {
  for (const char* const name : {"a/1.mp3", "a/2.mp3", "b/3.mp3"}) write(name, "x");
  looks_left_ = 6;  // two entries, then a's two twice
  EXPECT_THAT(found({directory_}), ElementsAre("file:a/1.mp3"));
}

}  // namespace
}  // namespace tonearm::app
