/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/daemon.h>

int main(int argc, char **argv)
{
	return gb_daemon_main(argc, argv);
}
