#include "cache/directory_lock.h"

#include "unit/cache/directory_fixture.h"

#include <fstream>

namespace tonearm::cache {
namespace {

class DirectoryLockTest : public DirectoryTest {
 protected:
  std::string below() const { return directory_ + "/a/b"; }
};

TEST_F(DirectoryLockTest, MakesTheDirectory) {
  DirectoryLock lock(below());
  EXPECT_TRUE(lock.take());
  EXPECT_TRUE(std::filesystem::is_directory(below()));
  EXPECT_TRUE(lock.still_holds());
}

TEST_F(DirectoryLockTest, SaysWhyTheDirectoryCannotBeHad) {
  std::ofstream(directory_ + "/a") << "a file";
  DirectoryLock lock(below());
  const Result<void> taken = lock.take();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().detail, "Not a directory");
}

TEST_F(DirectoryLockTest, OneHasIt) {
  DirectoryLock one(directory_);
  ASSERT_TRUE(one.take());
  DirectoryLock other(directory_);
  const Result<void> taken = other.take();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().detail, "another process uses it");
  one.release();
  EXPECT_TRUE(other.take());
}

TEST_F(DirectoryLockTest, IsLostWithTheDirectory) {
  DirectoryLock lock(below());
  ASSERT_TRUE(lock.take());
  std::filesystem::remove_all(below());
  EXPECT_FALSE(lock.still_holds());
  EXPECT_TRUE(lock.take());
  EXPECT_TRUE(lock.still_holds());
}

TEST_F(DirectoryLockTest, IsLostToADirectoryInItsPlace) {
  DirectoryLock lock(below());
  ASSERT_TRUE(lock.take());
  std::filesystem::rename(below(), directory_ + "/old");
  DirectoryLock other(below());
  ASSERT_TRUE(other.take());
  EXPECT_FALSE(lock.still_holds());
  EXPECT_TRUE(other.still_holds());
}

}  // namespace
}  // namespace tonearm::cache
