#include "mpi_priv.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    int rank, ranks, status;
    bool all_left = true;
    if (MPI_Init(&argc, &argv) != MPI_SUCCESS)
        return CLI_FAILED;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (rank == 0)
        status = mpi_own(argc, argv, ranks, &all_left);
    else
        status = mpi_work(argc, argv);
    fflush(NULL);
    if (!all_left)
        MPI_Abort(MPI_COMM_WORLD, status); /* the end of MPI waits for every rank, also dead ones */
    MPI_Finalize();
    return status;
}
