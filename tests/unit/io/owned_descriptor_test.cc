#include "tonearm/io/owned_descriptor.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace tonearm::io {
namespace {

OwnedDescriptor open_one() { return OwnedDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

TEST(OwnedDescriptor, IsClosedWithItsOwner) {
  int descriptor = -1;
  {
    const OwnedDescriptor owner = open_one();
    descriptor = owner.get();
    EXPECT_TRUE(is_open(descriptor));
  }
  EXPECT_FALSE(is_open(descriptor));
}

TEST(OwnedDescriptor, MovesToOneOwner) {
  OwnedDescriptor before = open_one();
  const int descriptor = before.get();
  const OwnedDescriptor after = std::move(before);
  EXPECT_FALSE(before.valid());
  EXPECT_EQ(after.get(), descriptor);
  EXPECT_TRUE(is_open(descriptor));
}

TEST(OwnedDescriptor, WhatIsReplacedIsClosedAtOnce) {
  OwnedDescriptor owner = open_one();
  OwnedDescriptor next = open_one();
  const int replaced = owner.get();
  owner = std::move(next);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_TRUE(is_open(owner.get()));
  owner = {};
  EXPECT_FALSE(owner.valid());
}

TEST(OwnedDescriptor, WhatIsReleasedIsTheCallers) {
  OwnedDescriptor owner = open_one();
  const int descriptor = owner.release();
  EXPECT_FALSE(owner.valid());
  EXPECT_TRUE(is_open(descriptor));
  ::close(descriptor);
}

// close() of something that is no descriptor fails with EBADF.
TEST(OwnedDescriptor, ClosingSaysNothingOfItsOwn) {
  const int descriptor = open_one().get();
  ASSERT_FALSE(is_open(descriptor));
  errno = ENOSPC;
  { const OwnedDescriptor owner(descriptor); }
  EXPECT_EQ(errno, ENOSPC);
}

}  // namespace
}  // namespace tonearm::io
